"""Shares as documents, and how many mails of them are about to be sent."""

from pymongo import ASCENDING, IndexModel

from app.domain.image import ImageId
from app.domain.share import MailState, Share, ShareId
from app.domain.viewer import UserId
from app.records.micros import from_micros, from_optional_micros, to_micros, to_optional_micros
from app.records.mongo.rows import Part
from app.records.mongo.tables import Row


class ShareDebt(Part):
    """The outbox entry that is still to be kept. `at` is when the share was, microseconds."""

    id: str
    at: int
    entry: dict[str, object]


class ShareRow(Row):
    """A share. `receiver` is who was told by mail, in lower case; such mails are counted."""

    image_id: str
    owner_id: str
    title: str
    message: str
    created_at: int
    expires_at: int
    email: str | None = None
    receiver: str | None = None
    mail_state: MailState | None = None
    mail_error: str | None = None
    revoked_at: int | None = None
    views: int = 0
    viewed_at: int | None = None
    owed: list[ShareDebt] = []

    class Settings:
        name = "shares"
        indexes = [
            IndexModel([(field, ASCENDING) for field in fields])
            for fields in (
                ("owner_id", "created_at", "_id"),
                ("owner_id", "image_id", "created_at", "_id"),
                ("receiver", "created_at"),
                ("expires_at",),
                ("owed.at",),
            )
        ]


class ReservedMail(Part):
    """A mail that is about to be kept, and counts until then: no longer than `until`. Times are microseconds."""

    share_id: str
    created_at: int
    until: int


class MailCountRow(Row):
    """Mails of one sender, or to one receiver, that are about to be kept."""

    reserved: list[ReservedMail] = []

    class Settings:
        name = "mail_counts"


def share_row(model: type[ShareRow], share: Share, owed: list[ShareDebt]) -> ShareRow:
    return model(
        id=share.id,
        image_id=share.image_id,
        owner_id=share.owner_id,
        title=share.title,
        message=share.message,
        created_at=to_micros(share.created_at),
        expires_at=to_micros(share.expires_at),
        email=share.email,
        receiver=None if share.email is None else share.email.lower(),
        mail_state=share.mail_state,
        mail_error=share.mail_error,
        revoked_at=to_optional_micros(share.revoked_at),
        views=share.views,
        viewed_at=to_optional_micros(share.viewed_at),
        owed=owed,
    )


def share_of(row: ShareRow) -> Share:
    return Share(
        id=ShareId(row.id),
        image_id=ImageId(row.image_id),
        owner_id=UserId(row.owner_id),
        title=row.title,
        message=row.message,
        created_at=from_micros(row.created_at),
        expires_at=from_micros(row.expires_at),
        email=row.email,
        mail_state=row.mail_state,
        mail_error=row.mail_error,
        revoked_at=from_optional_micros(row.revoked_at),
        views=row.views,
        viewed_at=from_optional_micros(row.viewed_at),
    )
