"""Queries for webhooks."""

from __future__ import annotations

import strawberry

from app.domain.webhook import MAX_WEBHOOKS
from schema.context import Info
from schema.measure import LIST_SIZE
from schema.types.webhook import Webhook


@strawberry.type
class WebhookQueries:
    @strawberry.field(description="The viewer's own webhooks, the oldest first.", metadata={LIST_SIZE: MAX_WEBHOOKS})
    async def webhooks(self, info: Info) -> list[Webhook]:
        own = await info.context.services.webhooks.list_own(info.context.viewer)
        return [Webhook.from_domain(webhook) for webhook in own]
