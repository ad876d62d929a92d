"""Webhooks: who is told of what, and telling it anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import Conflict, FetchRefused, NotFound
from app.domain.outbox import OutboxEntry
from app.domain.page import Page, PageRequest
from app.domain.viewer import Viewer
from app.domain.webhook import (
    MAX_WEBHOOKS,
    WEBHOOK,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookId,
    clean_events,
    is_webhook_id,
    new_webhook_id,
    new_webhook_secret,
)
from app.ports.records import Records
from app.ports.remote import Poster
from app.ports.work import OUTBOX_TOPIC, Bell, Clock


@dataclass(frozen=True, slots=True)
class WebhookService:
    records: Records
    poster: Poster
    bell: Bell
    clock: Clock

    async def find_many(self, viewer: Viewer, webhook_ids: Sequence[WebhookId]) -> Mapping[WebhookId, Webhook]:
        """Return those that exist and that the viewer may see."""
        found = await self.records.webhooks.find_many([one for one in webhook_ids if is_webhook_id(one)])
        return {one: webhook for one, webhook in found.items() if policy.can_see_webhook(viewer, webhook)}

    async def list_own(self, viewer: Viewer) -> tuple[Webhook, ...]:
        """Return the viewer's webhooks, the oldest first. Raises: Unauthenticated."""
        return await self.records.webhooks.list_of(policy.require_user(viewer).id)

    async def deliveries(self, webhook_id: WebhookId, page: PageRequest) -> Page[WebhookDelivery]:
        """Return a page of the log of a webhook that the caller was shown, the newest first."""
        return await self.records.webhooks.deliveries(webhook_id, page)

    async def count_deliveries(self, webhook_id: WebhookId) -> int:
        """Return how long the log is of a webhook that the caller was shown."""
        return await self.records.webhooks.count_deliveries(webhook_id)

    async def create(self, viewer: Viewer, url: str, events: tuple[WebhookEvent, ...]) -> Webhook:
        """Tell an address of the viewer's images and jobs from now on.

        Raises:
            Unauthenticated, Forbidden
            InvalidInput: No event is named.
            FetchRefused: The address is none that may be asked.
            Conflict: There are as many webhooks as one user may have.
        """
        user = policy.require_editor(viewer)
        try:
            host = self.poster.check(url)
        except FetchRefused as error:
            raise FetchRefused(error.message, field=("url",)) from error
        webhook = Webhook(
            id=new_webhook_id(),
            owner_id=user.id,
            url=url,
            host=host,
            events=clean_events(events),
            secret=new_webhook_secret(),
            created_at=self.clock(),
        )
        await self.records.webhooks.add(webhook, MAX_WEBHOOKS)
        return webhook

    async def delete(self, viewer: Viewer, webhook_id: str) -> Webhook:
        """Tell it nothing more, not even what waits; return what is gone. Raises: as `enable` does."""
        webhook = await self._get(viewer, webhook_id)
        await self.records.webhooks.delete(webhook.id)
        return webhook

    async def enable(self, viewer: Viewer, webhook_id: str) -> Webhook:
        """Tell a disabled webhook of what happens from now on. Raises: Unauthenticated, Forbidden, NotFound."""
        webhook = await self._get(viewer, webhook_id)
        await self.records.webhooks.enable(webhook.id)
        return replace(webhook, failing_since=None, disabled_at=None)

    async def redeliver(self, viewer: Viewer, webhook_id: str, event_id: str) -> Webhook:
        """Send an event of the log anew, under its own id and to the letter.

        Raises:
            Unauthenticated, Forbidden
            NotFound: There is no such webhook, or nothing of the event in its log.
            Conflict: The webhook is disabled.
        """
        webhook = await self._get(viewer, webhook_id)
        delivery = await self.records.webhooks.find_delivery(webhook.id, event_id)
        if delivery is None:
            raise NotFound(f"The log has no event {event_id[:80]!r}.", field=("eventId",))
        if webhook.disabled_at is not None:
            raise Conflict("The webhook is disabled; enable it first.", field=("id",))
        entry = OutboxEntry(WEBHOOK, f"{webhook.id} {delivery.body}", self.clock(), webhook.host)
        await self.records.outbox.add((entry,))
        await self.bell.ring(OUTBOX_TOPIC)
        return webhook

    async def _get(self, viewer: Viewer, webhook_id: str) -> Webhook:
        policy.require_editor(viewer)
        webhook = (await self.find_many(viewer, (WebhookId(webhook_id),))).get(WebhookId(webhook_id))
        if webhook is None:
            raise policy.no_webhook(webhook_id)
        return webhook
