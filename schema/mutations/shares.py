"""Mutations of shares."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain.rate import OperationClass
from app.domain.share import NewShare
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.share import Share


@strawberry.input(description="Which image others are to see, and what they are told of it.")
class CreateShareInput:
    image_id: strawberry.ID = strawberry.field(description="The image: the viewer's own, or a public one.")
    title: str = strawberry.field(default="", description="Above the picture: one line of 200 characters at most.")
    message: str = strawberry.field(default="", description="Below the picture: 10,000 characters at most.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends, within 366 days; in 30 days when not given."
    )


@strawberry.input(description="Which image somebody is to see, and the mail that tells of it.")
class ShareInput:
    image_id: strawberry.ID = strawberry.field(description="The image: the viewer's own, or a public one.")
    email: str = strawberry.field(description="Exactly one address.")
    subject: str = strawberry.field(
        default="", description="Of the mail, and above the picture: one line of 200 characters at most."
    )
    message: str = strawberry.field(default="", description="In the mail, and below the picture: 10,000 characters.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When the share ends, within 366 days; in 30 days when not given."
    )


@strawberry.input(description="Which share to end.")
class RevokeShareInput:
    id: strawberry.ID = strawberry.field(description="The share's id.")


@strawberry.type(description="The share that was made.")
class CreateSharePayload:
    share: Share | None = strawberry.field(default=None, description="The share, with its address.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The share that somebody is told of.")
class SharePayload:
    share_id: strawberry.ID | None = strawberry.field(default=None, description="The share's id.")
    share: Share | None = strawberry.field(
        default=None, description="The share; `mailState` tells how far its mail is."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The share that was ended.")
class RevokeSharePayload:
    share: Share | None = strawberry.field(default=None, description="The share as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class ShareMutations:
    @mutation(CreateSharePayload, "Give an image an address for whoever has it, which shows a picture made anew.")
    async def create_share(self, info: Info, input: CreateShareInput) -> CreateSharePayload:
        new = NewShare(input.image_id, input.title, input.message, input.expires_at)
        share = await info.context.services.shares.create(info.context.viewer, new)
        return CreateSharePayload(share=Share.from_domain(share))

    @mutation(
        SharePayload,
        "Share an image, and tell one address of it by one e-mail. MAIL_NOT_SET_UP when this server sends none.",
        OperationClass.EXPENSIVE,
    )
    async def share(self, info: Info, input: ShareInput) -> SharePayload:
        mails, context = info.context.services.share_mails, info.context
        new = NewShare(input.image_id, input.subject, input.message, input.expires_at)
        share = await mails.send(context.viewer, new, input.email, context.base_url)
        return SharePayload(share_id=strawberry.ID(share.id), share=Share.from_domain(share))

    @mutation(RevokeSharePayload, "End a share at once and for good; a mail that still waits is not sent.")
    async def revoke_share(self, info: Info, input: RevokeShareInput) -> RevokeSharePayload:
        share = await info.context.services.shares.revoke(info.context.viewer, input.id)
        return RevokeSharePayload(share=Share.from_domain(share))
