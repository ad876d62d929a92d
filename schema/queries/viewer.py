"""Queries for who asks and what answers."""

from __future__ import annotations

import strawberry

from schema.context import Info
from schema.types.server import ServerInfo
from schema.types.viewer import Viewer


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="The one who asks; null when signed out.")
    def viewer(self, info: Info) -> Viewer | None:
        viewer = info.context.viewer
        return Viewer.from_domain(viewer.user, viewer.scopes) if viewer.user else None

    @strawberry.field(description="What this server is and takes.")
    def server(self, info: Info) -> ServerInfo:
        return ServerInfo.from_settings(info.context.settings)
