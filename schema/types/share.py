"""Shares: addresses of one image for those who cannot sign in."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import share as domain
from schema.context import Info
from schema.scalars import URL
from schema.types.image import Image
from schema.types.node import Node

strawberry.enum(
    domain.MailState,
    description="How far a mail is. It is handed over once: while that is under way HANDED_OVER, and when the mail "
    "server's answer was lost UNCERTAIN for good, as it may have been sent.",
)


@strawberry.type(description="An address of one image for whoever has it: signed, with an end, and revocable.")
class Share(Node):
    record: strawberry.Private[domain.Share]
    title: str = strawberry.field(description="Above the picture, and the subject of the mail; may be empty.")
    message: str = strawberry.field(description="Below the picture, and in the mail; may be empty.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null when it was not.")
    views: int = strawberry.field(description="How often its page was opened, by what are no link previews.")
    viewed_at: datetime | None = strawberry.field(description="When it was opened last; null when it never was.")
    email: str | None = strawberry.field(description="Who was told by mail; null when nobody was.")
    mail_state: domain.MailState | None = strawberry.field(description="How far the mail is; null without one.")
    mail_error: str | None = strawberry.field(description="Why the mail was not sent, or not yet; null for no reason.")

    @classmethod
    def from_domain(cls, share: domain.Share) -> Share:
        return cls(
            record=share,
            id=strawberry.ID(share.id),
            title=share.title,
            message=share.message,
            created_at=share.created_at,
            expires_at=share.expires_at,
            revoked_at=share.revoked_at,
            views=share.views,
            viewed_at=share.viewed_at,
            email=share.email,
            mail_state=share.mail_state,
            mail_error=share.mail_error,
        )

    @strawberry.field(description="The address of its page, for people and link previews; nobody has to sign in there.")
    def url(self, info: Info) -> URL:
        return URL(info.context.absolute(info.context.services.shares.path(self.record)))

    @strawberry.field(description="The image; null when it is deleted.")
    async def image(self, info: Info) -> Image | None:
        image = await info.context.loaders.images.load(self.record.image_id)
        return Image.from_domain(image) if image else None
