"""Mutations of shares."""

from __future__ import annotations

from datetime import datetime

import strawberry

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


@strawberry.input(description="Which share to end.")
class RevokeShareInput:
    id: strawberry.ID = strawberry.field(description="The share's id.")


@strawberry.type(description="The share that was made.")
class CreateSharePayload:
    share: Share | None = strawberry.field(default=None, description="The share, with its address.")
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

    @mutation(RevokeSharePayload, "End a share at once and for good; a mail that still waits is not sent.")
    async def revoke_share(self, info: Info, input: RevokeShareInput) -> RevokeSharePayload:
        share = await info.context.services.shares.revoke(info.context.viewer, input.id)
        return RevokeSharePayload(share=Share.from_domain(share))
