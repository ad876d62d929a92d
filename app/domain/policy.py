"""Who may do what: the one place that decides.

A thing that somebody may not see does not exist for them: what is foreign and what is missing are told alike.
What may be done is the least of four: the role of the user, the scopes of the sign-in, and what the owner of the thing
allows. What a role forbids everywhere, no flow allows.
"""

from app.domain.errors import Forbidden, NotFound, Unauthenticated
from app.domain.flow import Flow
from app.domain.image import Image, ImageState
from app.domain.job import Job
from app.domain.keys import ApiKey
from app.domain.share import Share
from app.domain.viewer import Role, Scope, User, Viewer
from app.domain.webhook import Webhook


def require_user(viewer: Viewer) -> User:
    if viewer.user is None:
        raise Unauthenticated("Sign in first.")
    return viewer.user


def require_scope(viewer: Viewer, scope: Scope) -> User:
    """Return who asks, when the sign-in may be used for this. Raises: Unauthenticated, Forbidden."""
    user = require_user(viewer)
    if not viewer.may(scope):
        raise Forbidden(f"This sign-in has not the scope {scope}.")
    return user


def require_editor(viewer: Viewer, scope: Scope = Scope.WRITE) -> User:
    """Return who asks, when that is one who may change things. Raises: Unauthenticated, Forbidden."""
    user = require_user(viewer)
    if user.role is Role.VIEWER:
        raise Forbidden("A viewer may look, but not change anything.")
    return require_scope(viewer, scope)


def require_uploader(viewer: Viewer) -> User:
    """Return who asks, when that is one who may add images. Raises: Unauthenticated, Forbidden."""
    return require_editor(viewer, Scope.UPLOAD)


def require_admin(viewer: Viewer) -> User:
    user = require_user(viewer)
    if user.role is not Role.ADMIN:
        raise Forbidden("Only an admin may do this.")
    return require_scope(viewer, Scope.ADMIN)


def can_see_image(viewer: Viewer, image: Image) -> bool:
    return image.is_public or is_owner(viewer, image.owner_id) or viewer.user_id in image.reader_ids


def can_see_replicas(viewer: Viewer, image: Image) -> bool:
    """Tell whether the viewer learns where an image is kept, and what went wrong there: owner and admin alone."""
    return is_owner(viewer, image.owner_id)


def can_see_original(viewer: Viewer, image: Image, *, holds_back: bool) -> bool:
    """Tell whether one who may see the image may see the original's bytes, too.

    Args:
        holds_back: Whether plugins decide what is shown, so that nothing is until they did.
    """
    is_hidden = image.edited is not None and image.edited.hides_original
    is_early = holds_back and image.state is not ImageState.READY
    return is_owner(viewer, image.owner_id) or not (is_hidden or is_early)


def can_see_flow(viewer: Viewer, flow: Flow) -> bool:
    return flow.is_public or is_owner(viewer, flow.owner_id) or viewer.user_id in flow.member_ids


def can_see_job(viewer: Viewer, job: Job) -> bool:
    return is_owner(viewer, job.owner_id)


def can_see_key(viewer: Viewer, key: ApiKey) -> bool:
    return is_owner(viewer, key.user_id)


def can_see_webhook(viewer: Viewer, webhook: Webhook) -> bool:
    return is_owner(viewer, webhook.owner_id)


def can_see_share(viewer: Viewer, share: Share) -> bool:
    return is_owner(viewer, share.owner_id)


def can_share_image(viewer: Viewer, image: Image) -> bool:
    """Tell whether the viewer may show others an image: everybody a public one, its owner any."""
    return image.is_public or is_owner(viewer, image.owner_id)


def is_owner(viewer: Viewer, owner_id: str | None) -> bool:
    """Tell whether the viewer owns a thing, or is an admin, who may act as every owner."""
    return viewer.user is not None and (viewer.is_admin or viewer.user.id == owner_id)


def is_owner_of_flow(viewer: Viewer, flow: Flow) -> bool:
    """Tell whether the viewer owns the flow, or is one of its admins, who may do all that its owner may."""
    return is_owner(viewer, flow.owner_id) or viewer.user_id in flow.admin_ids


def edit_image(viewer: Viewer, image: Image) -> None:
    """Let pass who may change or delete the image.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    require_editor(viewer)
    if not is_owner(viewer, image.owner_id):
        raise Forbidden("Only its owner may change this image.") if image.is_public else no_image(image.id)


def share_image(viewer: Viewer, image: Image) -> User:
    """Return who asks, when that is one who may give others an address of the image.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    user = require_editor(viewer)
    if not can_see_image(viewer, image):
        raise no_image(image.id, "imageId")
    if not can_share_image(viewer, image):
        raise Forbidden("Only its owner may share an image that is not public.", field=("imageId",))
    return user


def edit_flow(viewer: Viewer, flow: Flow) -> None:
    """Let pass who may change or delete the flow itself.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    require_editor(viewer)
    if not is_owner_of_flow(viewer, flow):
        if not can_see_flow(viewer, flow):
            raise no_flow(flow.name)
        raise Forbidden("Only its owner and admins may change this flow.")


def fill_flow(viewer: Viewer, flow: Flow, scope: Scope = Scope.UPLOAD) -> None:
    """Let pass who may put images into the flow: a flow without owner takes them from every editor.

    Args:
        scope: What is done; taking images out is more than putting them in.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    require_editor(viewer, scope)
    if can_fill_flow(viewer, flow):
        return
    if not can_see_flow(viewer, flow):
        raise no_flow(flow.name)
    raise Forbidden(f"Only its owner, admins and editors may fill the flow {flow.name!r}.", field=("flows",))


def can_fill_flow(viewer: Viewer, flow: Flow) -> bool:
    """Tell whether one who may add images at all may add them to this flow."""
    return flow.owner_id is None or is_owner_of_flow(viewer, flow) or viewer.user_id in flow.editor_ids


def no_key(key_id: str) -> NotFound:
    return NotFound(f"There is no key {key_id[:80]!r}.", field=("id",))


def no_tag(tag: str) -> NotFound:
    return NotFound(f"None of your images has the tag {tag!r}.", field=("name",))


def no_image(image_id: str, field: str = "id") -> NotFound:
    return NotFound(f"There is no image {image_id[:80]!r}.", field=(field,))


def no_flow(name: str) -> NotFound:
    return NotFound(f"There is no flow {name[:80]!r}.", field=("name",))


def no_job(job_id: str) -> NotFound:
    return NotFound(f"There is no job {job_id[:80]!r}.", field=("jobId",))


def no_webhook(webhook_id: str) -> NotFound:
    return NotFound(f"There is no webhook {webhook_id[:80]!r}.", field=("id",))


def no_share(share_id: str) -> NotFound:
    return NotFound(f"There is no share {share_id[:80]!r}.", field=("id",))
