"""Sending events to webhooks: signed, logged, and given up when nobody is there for days."""

import json
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import DomainError, FetchStatus
from app.domain.job import ItemError
from app.domain.outbox import OutboxEntry
from app.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookId, sign_event
from app.ports.records import Records
from app.ports.remote import Poster
from app.ports.work import Clock

DELAYS_S = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0)
"""The spec's suggestion (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
"Retry schedule"), each shortened by jitter."""

DISABLE_AFTER = timedelta(days=3)
GONE = 410


@dataclass(frozen=True, slots=True)
class WebhookSender:
    records: Records
    poster: Poster
    clock: Clock

    async def deliver(self, entry: OutboxEntry) -> None:
        """Send an event, unless its webhook is deleted or disabled, and log how that went.

        Raises:
            FetchRefused: What is at the address now may not be asked.
            FetchFailed: Nothing answered within 10 s.
            FetchStatus: Something else than 2xx was answered.
        """
        webhook_id, _, body = entry.payload.partition(" ")
        webhook = (await self.records.webhooks.find_many((WebhookId(webhook_id),))).get(WebhookId(webhook_id))
        if webhook is None or webhook.disabled_at is not None:
            return
        at, begun_at = self.clock(), time.perf_counter()
        status, error = await self._send(webhook, body, at)
        delivery = WebhookDelivery(
            id=secrets.token_hex(16),
            webhook_id=webhook.id,
            event_id=_event_id(body),
            event=_event(body),
            attempt=entry.attempts,
            at=at,
            duration_ms=round((time.perf_counter() - begun_at) * 1000),
            status=status,
            error=ItemError.of(error) if error else None,
            body=body,
        )
        disable_failing_since = at if status == GONE else at - DISABLE_AFTER
        await self.records.webhooks.log(delivery, disable_failing_since=disable_failing_since)
        if error is not None:
            raise error

    async def _send(self, webhook: Webhook, body: str, at: datetime) -> tuple[int | None, DomainError | None]:
        event_id = _event_id(body)
        headers = (
            ("Content-Type", "application/json"),
            ("webhook-id", event_id),
            ("webhook-timestamp", str(int(at.timestamp()))),
            ("webhook-signature", sign_event(webhook.secret, event_id, at, body)),
        )
        try:
            status = await self.poster.post(webhook.url, body.encode(), headers)
        except DomainError as error:
            return None, error
        return status, None if 200 <= status < 300 else FetchStatus(f"{webhook.host[:100]} answers {status}.")


def _event_id(body: str) -> str:
    return str(json.loads(body)["id"])


def _event(body: str) -> WebhookEvent:
    return WebhookEvent(json.loads(body)["type"].replace(".", "_").upper())
