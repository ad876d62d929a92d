"""Who may do what: the one place that decides.

A thing that somebody may not see does not exist for them: `see_*` raises NotFound for both.
"""

from app.domain.errors import Forbidden, NotFound, Unauthenticated
from app.domain.flow import Flow
from app.domain.image import Image
from app.domain.job import Job
from app.domain.viewer import Role, User, Viewer


def require_user(viewer: Viewer) -> User:
    if viewer.user is None:
        raise Unauthenticated("Sign in first.")
    return viewer.user


def require_editor(viewer: Viewer) -> User:
    user = require_user(viewer)
    if user.role is Role.VIEWER:
        raise Forbidden("A viewer may look, but not change anything.")
    return user


def require_admin(viewer: Viewer) -> User:
    user = require_user(viewer)
    if user.role is not Role.ADMIN:
        raise Forbidden("Only an admin may do this.")
    return user


def can_see_image(viewer: Viewer, image: Image) -> bool:
    return image.is_public or is_owner(viewer, image.owner_id) or viewer.user_id in image.reader_ids


def can_see_flow(viewer: Viewer, flow: Flow) -> bool:
    return flow.is_public or is_owner(viewer, flow.owner_id) or viewer.user_id in flow.editor_ids


def can_see_job(viewer: Viewer, job: Job) -> bool:
    return is_owner(viewer, job.owner_id)


def is_owner(viewer: Viewer, owner_id: str | None) -> bool:
    """Tell whether the viewer owns a thing, or is an admin, who may act as every owner."""
    return viewer.user is not None and (viewer.is_admin or viewer.user.id == owner_id)


def edit_image(viewer: Viewer, image: Image) -> None:
    """Let pass who may change or delete the image.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    require_editor(viewer)
    if not is_owner(viewer, image.owner_id):
        raise Forbidden("Only its owner may change this image.") if image.is_public else no_image(image.id)


def edit_flow(viewer: Viewer, flow: Flow) -> None:
    """Let pass who may change or delete the flow itself.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    require_editor(viewer)
    if not is_owner(viewer, flow.owner_id):
        raise Forbidden("Only its owner may change this flow.") if can_see_flow(viewer, flow) else no_flow(flow.name)


def fill_flow(viewer: Viewer, flow: Flow) -> None:
    """Let pass who may put images into the flow: a flow without owner takes them from every editor.

    Raises:
        Unauthenticated, Forbidden, NotFound
    """
    user = require_editor(viewer)
    if not (flow.owner_id is None or is_owner(viewer, flow.owner_id) or user.id in flow.editor_ids):
        if not flow.is_public:
            raise no_flow(flow.name)
        raise Forbidden(f"Only its owner and editors may fill the flow {flow.name!r}.", field=("flows",))


def no_image(image_id: str) -> NotFound:
    return NotFound(f"There is no image {image_id[:80]!r}.", field=("id",))


def no_flow(name: str) -> NotFound:
    return NotFound(f"There is no flow {name[:80]!r}.", field=("name",))


def no_job(job_id: str) -> NotFound:
    return NotFound(f"There is no job {job_id[:80]!r}.", field=("jobId",))
