"""Which flows a viewer may see, as a query."""

from typing import Any

from app.domain.viewer import Viewer


def visible_flows(viewer: Viewer) -> dict[str, Any]:
    """Return the query for flows that the viewer may see."""
    if viewer.is_admin:
        return {"is_deleted": False}
    if viewer.user is None:
        return {"is_public": True, "is_deleted": False}
    fields = ("owner_id", "editor_ids", "viewer_ids", "admin_ids")
    own = [{field: viewer.user.id} for field in fields]
    return {"$or": [{"is_public": True}, *own], "is_deleted": False}
