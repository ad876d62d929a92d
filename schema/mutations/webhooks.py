"""Mutations of webhooks."""

from __future__ import annotations

import strawberry

from app.domain.webhook import WebhookEvent
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.webhook import Webhook


@strawberry.input(description="Who is to be told of what.")
class CreateWebhookInput:
    url: str = strawberry.field(description="Where events are posted to: http or https, 2048 characters at most.")
    events: list[WebhookEvent] = strawberry.field(description="What it is told of: of the viewer's images and jobs.")


@strawberry.input(description="Which webhook.")
class DeleteWebhookInput:
    id: strawberry.ID = strawberry.field(description="The webhook's id.")


@strawberry.input(description="Which webhook.")
class EnableWebhookInput:
    id: strawberry.ID = strawberry.field(description="The webhook's id.")


@strawberry.input(description="Which event is to be sent anew.")
class RedeliverWebhookInput:
    id: strawberry.ID = strawberry.field(description="The webhook's id.")
    event_id: str = strawberry.field(description="An event of its log.")


@strawberry.type(description="The webhook that was made.")
class CreateWebhookPayload:
    webhook: Webhook | None = strawberry.field(default=None, description="The webhook.")
    secret: str | None = strawberry.field(
        default=None, description="Signs what is sent: `whsec_` and base64. This is the only time that it is shown."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The webhook that is gone.")
class DeleteWebhookPayload:
    webhook: Webhook | None = strawberry.field(default=None, description="The webhook as it was.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The webhook that is told of events again.")
class EnableWebhookPayload:
    webhook: Webhook | None = strawberry.field(default=None, description="The webhook as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The webhook that is told of an event anew.")
class RedeliverWebhookPayload:
    webhook: Webhook | None = strawberry.field(default=None, description="The webhook; its log will tell.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class WebhookMutations:
    @mutation(CreateWebhookPayload, "Tell an address of what happens to the viewer's images and jobs; 20 at most.")
    async def create_webhook(self, info: Info, input: CreateWebhookInput) -> CreateWebhookPayload:
        webhooks, viewer = info.context.services.webhooks, info.context.viewer
        webhook = await webhooks.create(viewer, input.url, tuple(input.events))
        return CreateWebhookPayload(webhook=Webhook.from_domain(webhook), secret=webhook.secret)

    @mutation(DeleteWebhookPayload, "Tell a webhook nothing more, not even what waits to be sent.")
    async def delete_webhook(self, info: Info, input: DeleteWebhookInput) -> DeleteWebhookPayload:
        webhook = await info.context.services.webhooks.delete(info.context.viewer, input.id)
        return DeleteWebhookPayload(webhook=Webhook.from_domain(webhook))

    @mutation(EnableWebhookPayload, "Tell a disabled webhook of what happens from now on.")
    async def enable_webhook(self, info: Info, input: EnableWebhookInput) -> EnableWebhookPayload:
        webhook = await info.context.services.webhooks.enable(info.context.viewer, input.id)
        return EnableWebhookPayload(webhook=Webhook.from_domain(webhook))

    @mutation(RedeliverWebhookPayload, "Send an event of a webhook's log anew, under the same event id.")
    async def redeliver_webhook(self, info: Info, input: RedeliverWebhookInput) -> RedeliverWebhookPayload:
        webhooks, viewer = info.context.services.webhooks, info.context.viewer
        webhook = await webhooks.redeliver(viewer, input.id, input.event_id)
        return RedeliverWebhookPayload(webhook=Webhook.from_domain(webhook))
