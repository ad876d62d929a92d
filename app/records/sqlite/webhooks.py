"""The webhook records in SQLite; their outbox entries are written by triggers, so no change goes without its event."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import Conflict
from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId
from app.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookId
from app.records.sqlite.connection import Database
from app.records.sqlite.pages import Conditions, Listing, count_rows, fetch_page
from app.records.sqlite.rows import (
    error_of,
    from_json,
    from_micros,
    from_optional_micros,
    to_json,
    to_micros,
    to_optional_micros,
)

_INSERT = """
INSERT INTO webhooks (id, owner_id, url, host, events, secret, created_at, failing_since, disabled_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE (SELECT count(*) FROM webhooks WHERE owner_id = ?2) < ?10 RETURNING id
"""

_SUCCEED = "UPDATE webhooks SET failing_since = NULL WHERE id = ? RETURNING id"

_FAIL = """
UPDATE webhooks SET failing_since = coalesce(failing_since, ?2),
  disabled_at = coalesce(disabled_at, CASE WHEN coalesce(failing_since, ?2) <= ?3 THEN ?2 END)
WHERE id = ?1 RETURNING id
"""

_LOG = """
INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, attempt, at, duration_ms, status, error_code,
                                error_message, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""

_FIND_DELIVERY = """
SELECT * FROM webhook_deliveries WHERE webhook_id = ? AND event_id = ? ORDER BY at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class SqliteWebhooks:
    database: Database

    async def add(self, webhook: Webhook, limit: int) -> None:
        place = (webhook.id, webhook.owner_id, webhook.url, webhook.host, to_json(webhook.events), webhook.secret)
        failing, disabled = map(to_optional_micros, (webhook.failing_since, webhook.disabled_at))
        async with self.database.transaction() as transaction:
            values = (*place, to_micros(webhook.created_at), failing, disabled, limit)
            if await transaction.fetch_one(_INSERT, values) is None:
                raise Conflict(f"There are {limit} webhooks already; delete one first.")

    async def find_many(self, webhook_ids: Sequence[WebhookId]) -> Mapping[WebhookId, Webhook]:
        sql = "SELECT * FROM webhooks WHERE id IN (SELECT value FROM json_each(?))"
        webhooks = [_webhook_of(row) for row in await self.database.read(sql, (to_json(webhook_ids),))]
        return {webhook.id: webhook for webhook in webhooks}

    async def list_of(self, owner_id: UserId) -> tuple[Webhook, ...]:
        sql = "SELECT * FROM webhooks WHERE owner_id = ? ORDER BY created_at, id"
        return tuple(map(_webhook_of, await self.database.read(sql, (owner_id,))))

    async def delete(self, webhook_id: WebhookId) -> None:
        async with self.database.transaction() as transaction:
            await transaction.fetch("DELETE FROM webhooks WHERE id = ?", (webhook_id,))

    async def enable(self, webhook_id: WebhookId) -> None:
        async with self.database.transaction() as transaction:
            sql = "UPDATE webhooks SET failing_since = NULL, disabled_at = NULL WHERE id = ?"
            await transaction.fetch(sql, (webhook_id,))

    async def log(self, delivery: WebhookDelivery, *, disable_failing_since: datetime) -> None:
        at, error = to_micros(delivery.at), delivery.error
        code, message = (error.code, error.message) if error else (None, None)
        what = (delivery.id, delivery.webhook_id, delivery.event_id, delivery.event, delivery.attempt, at)
        outcome = (delivery.duration_ms, delivery.status, code, message, delivery.body)
        async with self.database.transaction() as transaction:
            if error is None:
                found = await transaction.fetch_one(_SUCCEED, (delivery.webhook_id,))
            else:
                values = (delivery.webhook_id, at, to_micros(disable_failing_since))
                found = await transaction.fetch_one(_FAIL, values)
            if found is not None:
                await transaction.fetch(_LOG, (*what, *outcome))

    async def deliveries(self, webhook_id: WebhookId, page: PageRequest) -> Page[WebhookDelivery]:
        return await fetch_page(self.database, "webhook_deliveries.*", _log_of(webhook_id), page, _delivery_of)

    async def count_deliveries(self, webhook_id: WebhookId) -> int:
        return await count_rows(self.database, _log_of(webhook_id))

    async def find_delivery(self, webhook_id: WebhookId, event_id: str) -> WebhookDelivery | None:
        row = await self.database.read_one(_FIND_DELIVERY, (webhook_id, event_id))
        return None if row is None else _delivery_of(row)


def _log_of(webhook_id: WebhookId) -> Listing:
    where = Conditions()
    where.add("webhook_id = ?", webhook_id)
    return Listing("webhook_deliveries", where, value="at", row_id="id", value_type=int, descending=True)


def _webhook_of(row: sqlite3.Row) -> Webhook:
    return Webhook(
        id=WebhookId(row["id"]),
        owner_id=UserId(row["owner_id"]),
        url=row["url"],
        host=row["host"],
        events=tuple(map(WebhookEvent, from_json(row["events"]))),
        secret=row["secret"],
        created_at=from_micros(row["created_at"]),
        failing_since=from_optional_micros(row["failing_since"]),
        disabled_at=from_optional_micros(row["disabled_at"]),
    )


def _delivery_of(row: sqlite3.Row) -> WebhookDelivery:
    return WebhookDelivery(
        id=row["id"],
        webhook_id=WebhookId(row["webhook_id"]),
        event_id=row["event_id"],
        event=WebhookEvent(row["event"]),
        attempt=row["attempt"],
        at=from_micros(row["at"]),
        duration_ms=row["duration_ms"],
        status=row["status"],
        error=error_of(row),
        body=row["body"],
    )
