"""The webhook records in MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import Conflict
from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId
from app.domain.webhook import Webhook, WebhookDelivery, WebhookId
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.pages import Listing, fetch_page
from app.records.mongo.tables import Update
from app.records.mongo.webhook_rows import DeliveryRow, WebhookRow, delivery_of, delivery_row, webhook_of, webhook_row

KEPT_DELIVERIES = 500


@dataclass(frozen=True, slots=True)
class MongoWebhooks:
    collections: Collections

    async def add(self, webhook: Webhook, limit: int) -> None:
        """Take the first place that is free; of two that take the same one, one takes the next."""
        while True:
            query = {"owner_id": webhook.owner_id, "is_deleted": False}
            taken = {row["slot"] for row in await self.collections.webhooks.project(query, {"slot": 1})}
            free = [slot for slot in range(limit) if slot not in taken]
            if not free:
                raise Conflict(f"There are {limit} webhooks already; delete one first.")
            if await self.collections.webhooks.insert(webhook_row(self.collections.webhooks.model, webhook, free[0])):
                return

    async def find_many(self, webhook_ids: Sequence[WebhookId]) -> Mapping[WebhookId, Webhook]:
        rows = await self.collections.webhooks.find({"_id": {"$in": list(webhook_ids)}, "is_deleted": False})
        webhooks = map(webhook_of, rows)
        return {webhook.id: webhook for webhook in webhooks}

    async def list_of(self, owner_id: UserId) -> tuple[Webhook, ...]:
        query = {"owner_id": owner_id, "is_deleted": False}
        rows = await self.collections.webhooks.find(query, sort=[("created_at", 1), ("_id", 1)])
        return tuple(map(webhook_of, rows))

    async def delete(self, webhook_id: WebhookId) -> None:
        """Give up its place, which is what all see; its log is cleared away then, or by the healer."""
        gone: Update = {"$set": {"is_deleted": True, "slot": webhook_id}}
        if await self.collections.webhooks.change({"_id": webhook_id}, gone) is not None:
            await clear_webhook(self.collections, webhook_id)

    async def enable(self, webhook_id: WebhookId) -> None:
        enabled = {"$set": {"failing_since": None, "disabled_at": None}}
        await self.collections.webhooks.change({"_id": webhook_id}, enabled)

    async def log(self, delivery: WebhookDelivery, *, disable_failing_since: datetime) -> None:
        """Change the webhook, then append: after a crash in between the attempt is made, and logged, again."""
        at, limit = to_micros(delivery.at), to_micros(disable_failing_since)

        def judge(row: WebhookRow) -> Update | None:
            if row.is_deleted:
                return None
            if delivery.error is None:
                return {"$set": {"failing_since": None}}
            since = at if row.failing_since is None else row.failing_since
            disabled_at = at if row.disabled_at is None and since <= limit else row.disabled_at
            return {"$set": {"failing_since": since, "disabled_at": disabled_at}}

        row = await self.collections.webhooks.revise(delivery.webhook_id, judge)
        if row is not None and not row.is_deleted:
            model = self.collections.webhook_deliveries.model
            if await self.collections.webhook_deliveries.insert(delivery_row(model, delivery)):
                await self._trim(delivery.webhook_id)

    async def deliveries(self, webhook_id: WebhookId, page: PageRequest) -> Page[WebhookDelivery]:
        return await fetch_page(self.collections.webhook_deliveries, _log_of(webhook_id), page, _deliveries_of)

    async def count_deliveries(self, webhook_id: WebhookId) -> int:
        return await self.collections.webhook_deliveries.count({"webhook_id": webhook_id})

    async def find_delivery(self, webhook_id: WebhookId, event_id: str) -> WebhookDelivery | None:
        query = {"webhook_id": webhook_id, "event_id": event_id}
        row = await self.collections.webhook_deliveries.find_one(query, sort=[("at", -1)])
        return None if row is None else delivery_of(row)

    async def _trim(self, webhook_id: WebhookId) -> None:
        """Forget all but the newest lines; what a crash leaves is forgotten with the next line."""
        query = {"webhook_id": webhook_id}
        old = await self.collections.webhook_deliveries.project(
            query, {"_id": 1}, sort=[("at", -1), ("_id", -1)], skip=KEPT_DELIVERIES
        )
        if old:
            await self.collections.webhook_deliveries.remove_all({"_id": {"$in": [row["_id"] for row in old]}})


async def clear_webhook(collections: Collections, webhook_id: str) -> None:
    """Clear away what a deleted webhook left: its log, and itself."""
    await collections.webhook_deliveries.remove_all({"webhook_id": webhook_id})
    await collections.webhooks.remove({"_id": webhook_id, "is_deleted": True})


def _log_of(webhook_id: WebhookId) -> Listing:
    return Listing({"webhook_id": webhook_id}, "at", int, descending=True)


async def _deliveries_of(rows: Sequence[DeliveryRow]) -> list[WebhookDelivery]:
    return [delivery_of(row) for row in rows]
