"""The records of webhooks, and the log of what they were told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId
from app.domain.webhook import Webhook, WebhookDelivery, WebhookId


class WebhookRecords(Protocol):
    """Webhooks, and their logs.

    Each change that a `WebhookEvent` names puts an outbox entry of kind WEBHOOK for each webhook of the owner of the
    image or job that asked for it and is not disabled: together with the change, whoever makes it. The entry's lane is
    the webhook's host; its payload is the webhook's id, a space, and a JSON object with `id`, `type`, `timestamp` and
    `data`.
    """

    async def add(self, webhook: Webhook, limit: int) -> None:
        """Raises: Conflict when its owner has `limit` already."""
        ...

    async def find_many(self, webhook_ids: Sequence[WebhookId]) -> Mapping[WebhookId, Webhook]: ...

    async def list_of(self, owner_id: UserId) -> tuple[Webhook, ...]:
        """Return all webhooks of a user, the oldest first."""
        ...

    async def delete(self, webhook_id: WebhookId) -> None:
        """Forget the webhook with its log; nothing when there is none."""
        ...

    async def enable(self, webhook_id: WebhookId) -> None:
        """Send to it again, as if it had never failed; nothing when there is none."""
        ...

    async def log(self, delivery: WebhookDelivery, *, disable_failing_since: datetime) -> None:
        """Append an attempt to a webhook's log, of which the newest 500 lines are kept; nothing without the webhook.

        A failed attempt makes the webhook failing since then, unless it is already; one that went well ends that.

        Args:
            delivery: The attempt.
            disable_failing_since: Disable the webhook when it is failing since then, or for longer.
        """
        ...

    async def deliveries(self, webhook_id: WebhookId, page: PageRequest) -> Page[WebhookDelivery]:
        """Return a page of a webhook's log, the newest first."""
        ...

    async def count_deliveries(self, webhook_id: WebhookId) -> int: ...

    async def find_delivery(self, webhook_id: WebhookId, event_id: str) -> WebhookDelivery | None:
        """Return the newest line that tells of an event."""
        ...
