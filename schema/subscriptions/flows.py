"""Subscriptions to flows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from app.services.flow_updates import decode_flow_cursor
from schema.context import Info
from schema.types.flow_event import FlowEvent


@strawberry.type
class FlowSubscriptions:
    @strawberry.subscription(
        description="A snapshot, or what happened behind `after`; then live what is added to the flow, changed in it "
        "and removed from it, until the flow is deleted or hidden."
    )
    async def flow_updates(self, info: Info, name: str, after: str | None = None) -> AsyncGenerator[FlowEvent, None]:
        updates = info.context.services.flow_updates.watch(info.context.viewer, name, decode_flow_cursor(after))
        async with aclosing(updates):
            async for update in updates:
                yield FlowEvent.from_domain(update)
