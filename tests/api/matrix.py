"""Who gets what of each operation: one row for each field of Query, Mutation and Subscription.

Each row is tried anew on things that an owner has: `$flow`, a private flow with an editor; `$image` in it; `$job`,
which made it; `$upload`, not yet complete; `$share`, `$key` and `$webhook`. What comes back is `ok`, `null`, `empty` (a
list without rows), `nothing` (a subscription that waits), or the code of the error, be it in `errors` or in
`userErrors`. `forged`, who sends a key that is none, is refused before anything is looked at: no row tells of them.
"""

from dataclasses import dataclass

WHO = ("owner", "editor", "other", "signed_out")


@dataclass(frozen=True)
class Row:
    """A call with its selection, and what comes of it.

    Args:
        owner: For whom the things are.
        editor: For who may fill the flow, and so sees what is in it.
        other: For somebody else, whose role is EDITOR.
        signed_out: For who sends no key.
    """

    call: str
    owner: str
    editor: str
    other: str
    signed_out: str

    @property
    def hides(self) -> bool:
        """Whether what is foreign must look as if it were not there.

        Of flows that an upload makes it cannot: whoever makes one learns that its name is taken.
        """
        return self.other in ("null", "empty", "NOT_FOUND") and not self.call.startswith("uploadInit")


def _mine(call: str, owner: str = "ok") -> Row:
    """Return the row of a mutation of what the owner alone may know of."""
    return Row(f"{call} {{ userErrors {{ code message field }} }}", owner, "NOT_FOUND", "NOT_FOUND", "UNAUTHENTICATED")


def _editors(call: str, editor: str = "ok", other: str = "ok") -> Row:
    """Return the row of a mutation that is for all who may change things."""
    return Row(f"{call} {{ userErrors {{ code message field }} }}", "ok", editor, other, "UNAUTHENTICATED")


ROWS = {
    "Query.node": Row('node(id: "$image") { id }', "ok", "ok", "null", "null"),
    "Query.node of a flow": Row('node(id: "flow:$flow") { id }', "ok", "ok", "null", "null"),
    "Query.node of a job": Row('node(id: "$job") { id }', "ok", "null", "null", "null"),
    "Query.node of a key": Row('node(id: "$key") { id }', "ok", "null", "null", "null"),
    "Query.node of a webhook": Row('node(id: "$webhook") { id }', "ok", "null", "null", "null"),
    "Query.node of a share": Row('node(id: "$share") { id }', "ok", "null", "null", "null"),
    "Query.nodes": Row('nodes(ids: ["$image", "flow:$flow"]) { id }', "ok", "ok", "empty", "empty"),
    "Query.image": Row('image(id: "$image") { id }', "ok", "ok", "null", "null"),
    "Query.images": Row('images(filter: {flow: "$flow"}) { totalCount }', "ok", "ok", "empty", "empty"),
    "Query.flow": Row('flow(name: "$flow") { id }', "ok", "ok", "null", "null"),
    "Query.flows": Row('flows(search: "$flow") { totalCount }', "ok", "ok", "empty", "empty"),
    "Query.job": Row('job(id: "$job") { id }', "ok", "null", "null", "null"),
    "Query.jobs": Row('jobs(filter: {image: "$image"}) { totalCount }', "ok", "empty", "empty", "UNAUTHENTICATED"),
    "Query.webhooks": Row("webhooks { id }", "ok", "empty", "empty", "UNAUTHENTICATED"),
    "Query.shares": Row('shares(imageId: "$image") { totalCount }', "ok", "empty", "empty", "UNAUTHENTICATED"),
    "Query.auditLog": Row("auditLog { totalCount }", *["FORBIDDEN"] * 3, "UNAUTHENTICATED"),
    "Query.viewer": Row("viewer { role }", "ok", "ok", "ok", "null"),
    "Query.server": Row("server { version }", "ok", "ok", "ok", "ok"),
    "Mutation.uploadInit": _editors(
        'uploadInit(input: {format: PNG, byteSize: 9, flows: ["$flow"]})', other="NOT_FOUND"
    ),
    "Mutation.uploadComplete": _mine('uploadComplete(input: {imageId: "$upload"})', "NOT_UPLOADED"),
    "Mutation.uploadMetrics": _mine('uploadMetrics(input: {imageId: "$upload", durationMs: 1, transferMs: 1})'),
    "Mutation.startJob": _mine('startJob(input: {transform: {imageIds: ["$image"]}})'),
    "Mutation.startJob of files": Row(
        'startJob(input: {local: {path: "/"}}) { userErrors { code } }', *["FORBIDDEN"] * 3, "UNAUTHENTICATED"
    ),
    "Mutation.cancelJob": _mine('cancelJob(input: {jobId: "$job"})'),
    "Mutation.retryJob": _mine('retryJob(input: {jobId: "$job"})', "JOB_FINISHED"),
    "Mutation.createFlow": _editors('createFlow(input: {name: "of-$who-$flow"})'),
    "Mutation.updateFlow": _editors('updateFlow(input: {name: "$flow", description: "x"})', "FORBIDDEN", "NOT_FOUND"),
    "Mutation.deleteFlow": _editors('deleteFlow(input: {name: "$flow"})', "FORBIDDEN", "NOT_FOUND"),
    "Mutation.addToFlow": _editors('addToFlow(input: {flow: "$flow", imageIds: ["$image"]})', other="NOT_FOUND"),
    "Mutation.removeFromFlow": _editors(
        'removeFromFlow(input: {flow: "$flow", imageIds: ["$image"]})', other="NOT_FOUND"
    ),
    "Mutation.updateImage": _mine('updateImage(input: {id: "$image", title: "x"})'),
    "Mutation.deleteImages": _mine('deleteImages(input: {ids: ["$image"]})'),
    "Mutation.editImage": _mine('editImage(input: {id: "$image", operations: [{sepia: {}}]})'),
    "Mutation.editImage as a copy": _mine(
        'editImage(input: {id: "$image", operations: [{sepia: {}}], asCopy: true, flow: "$flow"})'
    ),
    "Mutation.revertImage": _mine('revertImage(input: {id: "$image"})'),
    "Mutation.addTags": _mine('addTags(input: {imageIds: ["$image"], tags: ["x"]})'),
    "Mutation.removeTags": _mine('removeTags(input: {imageIds: ["$image"], tags: ["x"]})'),
    "Mutation.renameTag": _mine('renameTag(input: {name: "none", newName: "x"})', "NOT_FOUND"),
    "Mutation.classify": _mine('classify(input: {imageIds: ["$image"]})'),
    "Mutation.setFlowLabelling": _editors('setFlowLabelling(input: {flow: "$flow"})', "FORBIDDEN", "NOT_FOUND"),
    "Mutation.applyLabelRules": _editors('applyLabelRules(input: {flow: "$flow"})', "FORBIDDEN", "NOT_FOUND"),
    "Mutation.createApiKey": _editors('createApiKey(input: {name: "new"})'),
    "Mutation.revokeApiKey": _mine('revokeApiKey(input: {id: "$key"})'),
    "Mutation.createWebhook": _editors('createWebhook(input: {url: "http://192.0.2.1/", events: [IMAGE_READY]})'),
    "Mutation.deleteWebhook": _mine('deleteWebhook(input: {id: "$webhook"})'),
    "Mutation.enableWebhook": _mine('enableWebhook(input: {id: "$webhook"})'),
    "Mutation.redeliverWebhook": _mine('redeliverWebhook(input: {id: "$webhook", eventId: "none"})', "NOT_FOUND"),
    "Mutation.createShare": _editors('createShare(input: {imageId: "$image"})', "FORBIDDEN", "NOT_FOUND"),
    "Mutation.share": _editors('share(input: {imageId: "$image", email: "eve@example.org"})', "FORBIDDEN", "NOT_FOUND"),
    "Mutation.revokeShare": _mine('revokeShare(input: {id: "$share"})'),
    "Subscription.jobStatus": Row('jobStatus(jobId: "$job") { cursor }', "nothing", *["NOT_FOUND"] * 3),
    "Subscription.viewerJobs": Row("viewerJobs { id }", "ok", "nothing", "nothing", "UNAUTHENTICATED"),
    "Subscription.flowUpdates": Row('flowUpdates(name: "$flow") { cursor }', "ok", "ok", "NOT_FOUND", "NOT_FOUND"),
}
"""By the field, and where it has several, by what is tried."""
