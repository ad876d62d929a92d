"""Queries for flows."""

from __future__ import annotations

import strawberry

from app.domain.page import page_request
from schema.context import Info
from schema.pagination import Connection, connection
from schema.types.flow import Flow


@strawberry.type
class FlowQueries:
    @strawberry.field(description="A flow by its name; null when there is none that the viewer may see.")
    async def flow(self, info: Info, name: str) -> Flow | None:
        flow = await info.context.services.flows.find(info.context.viewer, name)
        return Flow.from_domain(flow) if flow else None

    @strawberry.field(description="The flows that the viewer may see, by name; `search` is a part of the name.")
    async def flows(
        self,
        info: Info,
        search: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Flow]:
        flows, viewer = info.context.services.flows, info.context.viewer
        page = await flows.list(viewer, search, page_request(first, after, last, before))
        return connection(page, Flow.from_domain, lambda: flows.count(viewer, search))
