"""Webhooks and what they were told, as documents."""

from pymongo import ASCENDING, IndexModel

from app.domain.viewer import UserId
from app.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookId
from app.records.micros import from_micros, from_optional_micros, to_micros, to_optional_micros
from app.records.mongo.rows import ErrorPart, error_of, error_part
from app.records.mongo.tables import Row


class WebhookRow(Row):
    """A webhook. `slot` is its place among its owner's: 0, 1, 2 …; when it is deleted, it is its id, and nobody's."""

    owner_id: str
    url: str
    host: str
    events: list[WebhookEvent]
    secret: str
    created_at: int
    failing_since: int | None = None
    disabled_at: int | None = None
    slot: int | str
    is_deleted: bool = False

    class Settings:
        name = "webhooks"
        indexes = [
            IndexModel([("owner_id", ASCENDING), ("slot", ASCENDING)], unique=True),
            IndexModel([("owner_id", ASCENDING), ("created_at", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("is_deleted", ASCENDING)]),
        ]


class DeliveryRow(Row):
    webhook_id: str
    event_id: str
    event: WebhookEvent
    attempt: int
    at: int
    duration_ms: int
    status: int | None
    error: ErrorPart | None
    body: str

    class Settings:
        name = "webhook_deliveries"
        indexes = [
            IndexModel([("webhook_id", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("webhook_id", ASCENDING), ("event_id", ASCENDING), ("at", ASCENDING)]),
        ]


def webhook_row(model: type[WebhookRow], webhook: Webhook, slot: int) -> WebhookRow:
    return model(
        id=webhook.id,
        owner_id=webhook.owner_id,
        url=webhook.url,
        host=webhook.host,
        events=list(webhook.events),
        secret=webhook.secret,
        created_at=to_micros(webhook.created_at),
        failing_since=to_optional_micros(webhook.failing_since),
        disabled_at=to_optional_micros(webhook.disabled_at),
        slot=slot,
    )


def webhook_of(row: WebhookRow) -> Webhook:
    return Webhook(
        id=WebhookId(row.id),
        owner_id=UserId(row.owner_id),
        url=row.url,
        host=row.host,
        events=tuple(row.events),
        secret=row.secret,
        created_at=from_micros(row.created_at),
        failing_since=from_optional_micros(row.failing_since),
        disabled_at=from_optional_micros(row.disabled_at),
    )


def delivery_row(model: type[DeliveryRow], delivery: WebhookDelivery) -> DeliveryRow:
    return model(
        id=delivery.id,
        webhook_id=delivery.webhook_id,
        event_id=delivery.event_id,
        event=delivery.event,
        attempt=delivery.attempt,
        at=to_micros(delivery.at),
        duration_ms=delivery.duration_ms,
        status=delivery.status,
        error=error_part(delivery.error),
        body=delivery.body,
    )


def delivery_of(row: DeliveryRow) -> WebhookDelivery:
    return WebhookDelivery(
        id=row.id,
        webhook_id=WebhookId(row.webhook_id),
        event_id=row.event_id,
        event=row.event,
        attempt=row.attempt,
        at=from_micros(row.at),
        duration_ms=row.duration_ms,
        status=row.status,
        error=error_of(row.error),
        body=row.body,
    )
