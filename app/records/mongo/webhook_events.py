"""Outbox entries for webhooks that asked for an event, made when the debt of a change is paid.

Their ids follow from the debt, so paying it twice makes them once; after a crash, one that was delivered already may be
made and delivered again, under the same `webhook-id`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from app.domain.webhook import WEBHOOK, WebhookEvent
from app.records.micros import from_micros
from app.records.mongo.collections import Collections
from app.records.mongo.outbox_rows import OutboxRow
from app.records.mongo.webhook_rows import WebhookRow


@dataclass(frozen=True, slots=True)
class Happening:
    """An event. `mark` is the name of the debt, `at` the time of the change in microseconds."""

    mark: str
    at: int
    event: WebhookEvent
    data: Mapping[str, str | int]


async def tell_webhooks(collections: Collections, owner_id: str, happenings: Sequence[Happening]) -> None:
    """Put an entry into the outbox for each webhook of the owner that asked and is not disabled."""
    query = {"owner_id": owner_id, "disabled_at": None, "is_deleted": False}
    webhooks = await collections.webhooks.find(query)
    model = collections.outbox.model
    entries = [
        _entry(model, webhook, happening)
        for happening in happenings
        for webhook in webhooks
        if happening.event in webhook.events
    ]
    if entries:
        await collections.outbox.insert_missing(entries)


def _entry(model: type[OutboxRow], webhook: WebhookRow, happening: Happening) -> OutboxRow:
    digest = hashlib.sha256(f"{happening.mark} {webhook.id}".encode()).hexdigest()
    kind, _, what = happening.event.lower().partition("_")
    body = {
        "id": f"evt_{digest[:32]}",
        "type": f"{kind}.{what}",
        "timestamp": from_micros(happening.at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": happening.data,
    }
    return model(
        id=digest[32:],
        kind=WEBHOOK,
        lane=webhook.host,
        payload=f"{webhook.id} {orjson.dumps(body).decode()}",
        due_at=happening.at,
    )
