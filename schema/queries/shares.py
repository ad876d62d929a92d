"""Queries for shares."""

from __future__ import annotations

import strawberry

from app.domain.page import page_request
from schema.context import Info
from schema.pagination import Connection, connection
from schema.types.share import Share


@strawberry.type
class ShareQueries:
    @strawberry.field(description="The viewer's own shares, of one image when that is given, the newest first.")
    async def shares(
        self,
        info: Info,
        image_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Share]:
        shares, viewer = info.context.services.shares, info.context.viewer
        page = await shares.list_own(viewer, image_id, page_request(first, after, last, before))
        return connection(page, Share.from_domain, lambda: shares.count_own(viewer, image_id))
