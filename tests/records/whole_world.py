"""Records of every kind, in every state that they are kept in."""

import itertools
from dataclasses import replace

from job_steps import claim_and_complete, claim_and_fail, claim_item
from record_factories import (
    BROKEN,
    DERIVED,
    NOW,
    OTHER,
    OWNER,
    add_job,
    after,
    make_classification,
    make_flow,
    make_image,
    make_items,
    make_job,
    make_key,
    make_upload,
    make_user,
)

from app.domain import edit
from app.domain.audit import AuditEntry, Door, Outcome, new_audit_id
from app.domain.color_report import ColorReport
from app.domain.edit_plan import EditPlan
from app.domain.error_code import ErrorCode
from app.domain.flow import FlowChanges
from app.domain.idempotency import ANSWER_LIFETIME, make_claim
from app.domain.image import Edited, Image, ImageChanges, ImageFormat, ImageState, Shown, new_image_id
from app.domain.job import JobItem, JobKind, JobStep
from app.domain.label import Label
from app.domain.label_rule import FlowLabelling, LabelAction, LabelRule
from app.domain.origin import Origin
from app.domain.outbox import OutboxEntry
from app.domain.rate import Caller
from app.domain.replica import Replica, ReplicaState, Scrub
from app.domain.share import MailState, Share, new_share_id
from app.domain.upload import UploadMetrics
from app.domain.viewer import Role, Scope, UserId
from app.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, new_webhook_id, new_webhook_secret
from app.ports.records import Records

RULE = LabelRule("chart", 0.75, tag="figures")
PLACING = LabelRule("drawing", 1 / 3, to_flow="cranes")
LABELLING = FlowLabelling(True, "kinds", (RULE, PLACING), OWNER)
MANY_LINES = 80
"""More than a document has inside."""

_seconds = itertools.count(1)


async def fill(records: Records) -> None:
    await _add_users(records)
    await records.replicas.follow("s3", ("local", "ipfs"))
    await _add_webhooks(records)
    await _add_flows(records)
    images = [await _add_image(records, place) for place in range(6)]
    await _work_on_images(records, images)
    await _edit(records, images[0])
    await _add_jobs(records)
    await _add_uploads(records)
    await _add_promises(records, images[1])
    await _add_accounts(records)


def make_webhook(place: int, owner_id: UserId = OWNER) -> Webhook:
    return Webhook(
        id=new_webhook_id(),
        owner_id=owner_id,
        url=f"https://hooks.example/{place}",
        host="hooks.example",
        events=tuple(WebhookEvent),
        secret=new_webhook_secret(),
        created_at=after(-place),
    )


async def _add_users(records: Records) -> None:
    ada, eve = make_user("ada"), make_user("eve", role=Role.VIEWER)
    for user in (ada, eve):
        await records.users.add(user)
    await records.users.put_key(make_key(ada.id, scopes=(Scope.READ,), expires_at=after(99)))
    revoked = make_key(eve.id)
    await records.users.put_key(revoked)
    await records.users.revoke_key(revoked.id, after(5))


async def _add_webhooks(records: Records) -> None:
    for place, owner_id in enumerate((OWNER, OWNER, OTHER)):
        webhook = make_webhook(place, owner_id)
        await records.webhooks.add(webhook, 20)
        for error in (BROKEN, None):
            delivery = WebhookDelivery(
                id=f"{next(_seconds):032x}",
                webhook_id=webhook.id,
                event_id="evt_1",
                event=WebhookEvent.IMAGE_READY,
                attempt=1,
                at=after(next(_seconds)),
                duration_ms=12,
                status=None if error else 200,
                error=error,
                body='{"grüße": "\\u0000"}',
            )
            await records.webhooks.log(delivery, disable_failing_since=NOW)


async def _add_flows(records: Records) -> None:
    members = {"editor_ids": (OTHER, OWNER), "viewer_ids": ("user:eve",), "admin_ids": (OTHER,)}
    await records.flows.add(make_flow("harbours"))
    await records.flows.add(make_flow("Cranes & Straße", owner_id=None, is_public=False, **members))
    await records.flows.add(make_flow("cranes", storage="s3"))
    await records.flows.update("cranes", FlowChanges(description="Other", labelling=LABELLING))
    await records.flows.add(make_flow("gone"))


async def _add_image(records: Records, place: int) -> Image:
    """Keep an image; those with an odd place are not taken in yet, and the last one failed."""
    image = make_image(
        created_at=after(next(_seconds)),
        title=f"Harbour {place} in Zürich",
        tags=("sea", f"tag {place}"),
        state=ImageState.FAILED if place == 5 else ImageState.PROCESSING if place % 2 else ImageState.READY,
        derived=None if place % 2 else replace(DERIVED, difference_hash=f"{place:016x}"),
        origin=Origin("https://Example.org/a.png", "https://example.org/") if place else None,
        client_type="web" if place else None,
        client_metadata='{"a": 1.0}' if place else None,
        owner_id=OTHER if place == 4 else OWNER,
    )
    return await records.images.add(image, ("harbours", "cranes", "gone")[: place % 4])


async def _work_on_images(records: Records, images: list[Image]) -> None:
    await records.flows.add_images("Cranes & Straße", [image.id for image in images])
    await records.flows.delete("gone")
    for turn in range(MANY_LINES // 2):
        await records.images.update(images[2].id, ImageChanges(title=f"Turn {turn}", tags=("turned", "sea")))
    await records.images.finish(images[1].id, DERIVED)
    for model, version in (("kinds", "1"), ("things", "7")):
        said = make_classification(images[1].id, "drawing", "chart", model=model, model_version=version, score=1.0)
        await records.labels.put(said)
    why = Label("chart", 0.99, "kinds", "1", NOW)
    actions = [LabelAction(images[1].id, "cranes", rule, why, after(9)) for rule in (RULE, PLACING)]
    await records.labels.add_actions(actions)
    await records.images.add_color_reports(
        [ColorReport(images[1].id, "#336699", ("#336699",), 1.0, 2.25, browser) for browser in (0, 7)], NOW
    )
    await records.replicas.put(
        [
            Replica(images[1].id, "s3", ReplicaState.STORED, checked_at=after(2)),
            Replica(images[1].id, "ipfs", ReplicaState.DAMAGED, error="It is away.", cid="bafy"),
        ]
    )
    await records.replicas.put_scrub(Scrub(after(3), images[0].id))
    lost = await _add_image(records, 3)
    await records.images.delete((lost.id,))


async def _edit(records: Records, image: Image) -> None:
    """Plan edits twice, and show what the first ones made."""
    operations = (edit.Rotate(12.5, "#aabbcc"), edit.Noise(3.5, 7))
    for revision in (1, 2):
        job = make_job(kind=JobKind.EDIT, created_at=after(next(_seconds)))
        plan = EditPlan(revision, job.id, operations)
        await records.edits.plan(image.id, plan, job, JobItem(job.id, 0, image.id))
        await claim_and_complete(records, after(next(_seconds)))
    shown = Edited(
        revision=1,
        operations=operations,
        format=ImageFormat.PNG,
        byte_size=77,
        sha256="ab" * 32,
        original=Shown(image.width, image.height, image.frame_count, image.derived),
    )
    await records.edits.show(replace(image, width=300, height=200, edited=shown, revision=1))


async def _add_jobs(records: Records) -> None:
    """Leave jobs that are done, failed, cancelled, being worked on and not begun, and one with a long log."""
    await add_job(records, MANY_LINES // 2, created_at=after(next(_seconds)))
    for _ in range(MANY_LINES // 2):
        claim = await claim_item(records, after(next(_seconds)))
        await records.jobs.record_step(claim, JobStep.TRANSFORM, after(next(_seconds)))
        await records.jobs.complete(claim, after(next(_seconds)))
    failed, _ = await add_job(records, owner_id=OTHER, created_at=after(next(_seconds)))
    await claim_and_fail(records, after(next(_seconds)))
    await records.jobs.retry(failed.id, after(next(_seconds)))
    await claim_and_fail(records, after(next(_seconds)))
    cancelled, _ = await add_job(records, 2, created_at=after(next(_seconds)))
    await records.jobs.cancel(cancelled.id, after(next(_seconds)))
    external = make_job(2, kind=JobKind.EXTERNAL, input='{"a": 1}', client_type="web", created_at=after(next(_seconds)))
    items = [replace(item, origin=Origin("https://Example.org/b.png")) for item in make_items(external.id, 2)]
    await records.jobs.add(external, items)
    await claim_item(records, after(next(_seconds)))
    local = make_job(kind=JobKind.LOCAL, created_at=after(next(_seconds)))
    await records.jobs.add(local, [JobItem(local.id, 0, new_image_id(), source="/pictures/a.png")])


async def _add_uploads(records: Records) -> None:
    await records.uploads.add(make_upload(created_at=after(next(_seconds))))
    done = make_upload(sha256="cd" * 32, is_exact=False)
    await records.uploads.add(done)
    image = make_image(id=done.image_id, created_at=after(next(_seconds)), state=ImageState.PROCESSING)
    job = make_job(created_at=after(next(_seconds)))
    await records.uploads.complete(done.image_id, image, ("harbours",), job, JobItem(job.id, 0, image.id))
    for client_type in (None, "web"):
        await records.uploads.add_metrics(UploadMetrics(done.image_id, client_type, 1500.25, 1.0), NOW)


async def _add_promises(records: Records, image: Image) -> None:
    """Owe mails: one is waiting, one was given up, and one failed once."""
    share = Share(
        id=new_share_id(),
        image_id=image.id,
        owner_id=OWNER,
        title="Harbour",
        message="Look!\nBoats.",
        created_at=NOW,
        expires_at=after(999),
        email="Eve@Example.org",
        mail_state=MailState.WAITING,
    )
    await records.shares.add(share, OutboxEntry("MAIL", share.id, after(500), lane="example.org"))
    await records.shares.view(share.id, after(4))
    plain = replace(share, id=new_share_id(), email=None, mail_state=None)
    await records.shares.add(plain)
    await records.shares.revoke(plain.id, after(5))
    await records.outbox.add([OutboxEntry("TRIED", str(place), NOW) for place in range(2)])
    buried, tried = [await records.outbox.claim(after(1), 30, ("TRIED",)) for _ in range(2)]
    assert buried is not None
    assert tried is not None
    await records.outbox.bury(buried, BROKEN, after(2))
    await records.outbox.put_back(tried, after(800), BROKEN)


async def _add_accounts(records: Records) -> None:
    for place in range(2):
        entry = AuditEntry(
            id=new_audit_id(),
            at=after(place),
            door=Door.GRAPHQL,
            action="createFlow",
            actor=Caller("user:ada", "0123456789ab", "192.0.2.1") if place else Caller(None, None, ""),
            request_id="0123",
            object_ids=("flow:sea",),
        )
        await records.audit.begin(entry)
        if place:
            await records.audit.end(entry.id, Outcome.REFUSED, ErrorCode.CONFLICT, ("flow:sea", "job:1"))
        claim = make_claim(OWNER, f"key {place}", b"request", after(place), ANSWER_LIFETIME)
        await records.idempotency.begin(claim, NOW - ANSWER_LIFETIME)
        if place:
            await records.idempotency.finish(claim, "sealed")
