"""Webhooks, and the log of what they were told."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import webhook as domain
from app.domain.page import page_request
from schema.context import Info
from schema.pagination import Connection, connection
from schema.scalars import URL
from schema.types.job import JobError
from schema.types.node import Node

strawberry.enum(
    domain.WebhookEvent,
    description="What a webhook is told of; as `type` in the text that is sent: `image.ready`, `job.failed_partial` …",
)


@strawberry.type(description="An attempt to tell a webhook of an event.")
class WebhookDelivery:
    event_id: str = strawberry.field(description="The event, and the header `webhook-id`: always the same.")
    event: domain.WebhookEvent = strawberry.field(description="What happened.")
    attempt: int = strawberry.field(description="Which attempt it was, from 1; redelivery begins anew.")
    at: datetime = strawberry.field(description="When it was begun.")
    duration_ms: int = strawberry.field(description="How long it took, in milliseconds.")
    status: int | None = strawberry.field(description="The HTTP status that was answered; null when nothing was.")
    error: JobError | None = strawberry.field(description="Why it failed; null when it went well.")

    @classmethod
    def from_domain(cls, delivery: domain.WebhookDelivery) -> WebhookDelivery:
        return cls(
            event_id=delivery.event_id,
            event=delivery.event,
            attempt=delivery.attempt,
            at=delivery.at,
            duration_ms=delivery.duration_ms,
            status=delivery.status,
            error=JobError.from_domain(delivery.error),
        )


@strawberry.type(
    description="An address that is told of its owner's images and jobs, as https://www.standardwebhooks.com says."
)
class Webhook(Node):
    record: strawberry.Private[domain.Webhook]
    url: URL = strawberry.field(description="Where events are posted to.")
    events: list[domain.WebhookEvent] = strawberry.field(description="What it is told of.")
    created_at: datetime = strawberry.field(description="When it was made.")
    failing_since: datetime | None = strawberry.field(
        description="When the first attempt failed since the last one that went well; null when none did."
    )
    disabled_at: datetime | None = strawberry.field(
        description="When it was disabled: after three days of failing, or by answering 410; null while it is not."
    )

    @classmethod
    def from_domain(cls, webhook: domain.Webhook) -> Webhook:
        return cls(
            record=webhook,
            id=strawberry.ID(webhook.id),
            url=URL(webhook.url),
            events=list(webhook.events),
            created_at=webhook.created_at,
            failing_since=webhook.failing_since,
            disabled_at=webhook.disabled_at,
        )

    @strawberry.field(description="Its log, an entry for each attempt, the newest first; 500 are kept.")
    async def deliveries(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[WebhookDelivery]:
        webhooks, webhook_id = info.context.services.webhooks, self.record.id
        page = await webhooks.deliveries(webhook_id, page_request(first, after, last, before))
        return connection(page, WebhookDelivery.from_domain, lambda: webhooks.count_deliveries(webhook_id))
