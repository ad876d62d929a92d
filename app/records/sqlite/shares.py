"""The share records in SQLite."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.image import ImageId
from app.domain.outbox import OutboxEntry
from app.domain.page import Page, PageRequest
from app.domain.share import MAIL_WINDOW, MailLimits, MailState, Share, ShareId, too_many_mails
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.outbox import insert_entries
from app.records.sqlite.pages import Conditions, Listing, count_rows, fetch_page
from app.records.sqlite.rows import from_micros, from_optional_micros, to_json, to_micros, to_optional_micros

_INSERT = """
INSERT INTO shares (id, image_id, owner_id, title, message, created_at, expires_at, email, mail_state, mail_error,
                    revoked_at, views, viewed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

# The one that has to leave the day before another mail may be sent, when there are as many as the limit.
_OLDEST_SENT = """
SELECT created_at FROM shares WHERE email IS NOT NULL AND owner_id = ? AND created_at > ?
ORDER BY created_at DESC LIMIT 1 OFFSET ?
"""

_OLDEST_RECEIVED = """
SELECT created_at FROM shares WHERE email IS NOT NULL AND lower(email) = lower(?) AND created_at > ?
ORDER BY created_at DESC LIMIT 1 OFFSET ?
"""

_ADVANCE = """
UPDATE shares SET mail_state = ?, mail_error = ?
WHERE id = ? AND mail_state IN (SELECT value FROM json_each(?)) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class SqliteShares:
    database: Database

    async def add(self, share: Share, entry: OutboxEntry | None = None, limits: MailLimits | None = None) -> None:
        async with self.database.transaction() as transaction:
            if limits is not None:
                await _check_limits(transaction, share, limits)
            await transaction.fetch(_INSERT, _values_of(share))
            if entry is not None:
                await insert_entries(transaction, (entry,))

    async def find_many(self, share_ids: Sequence[ShareId]) -> Mapping[ShareId, Share]:
        sql = "SELECT * FROM shares WHERE id IN (SELECT value FROM json_each(?))"
        shares = [_share_of(row) for row in await self.database.read(sql, (to_json(share_ids),))]
        return {share.id: share for share in shares}

    async def list(self, owner_id: UserId, image_id: ImageId | None, page: PageRequest) -> Page[Share]:
        return await fetch_page(self.database, "shares.*", _listing(owner_id, image_id), page, _share_of)

    async def count(self, owner_id: UserId, image_id: ImageId | None) -> int:
        return await count_rows(self.database, _listing(owner_id, image_id))

    async def revoke(self, share_id: ShareId, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            sql = "UPDATE shares SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
            await transaction.fetch(sql, (to_micros(at), share_id))

    async def view(self, share_id: ShareId, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            sql = "UPDATE shares SET views = views + 1, viewed_at = ? WHERE id = ?"
            await transaction.fetch(sql, (to_micros(at), share_id))

    async def advance_mail(
        self, share_id: ShareId, known: Collection[MailState], state: MailState, error: str | None = None
    ) -> bool:
        async with self.database.transaction() as transaction:
            return await transaction.fetch_one(_ADVANCE, (state, error, share_id, to_json(known))) is not None

    async def delete_expired(self, before: datetime) -> int:
        async with self.database.transaction() as transaction:
            sql = "DELETE FROM shares WHERE expires_at < ? RETURNING id"
            return len(await transaction.fetch(sql, (to_micros(before),)))


async def _check_limits(transaction: Transaction, share: Share, limits: MailLimits) -> None:
    """Raises: RateLimited."""
    since = to_micros(share.created_at - MAIL_WINDOW)
    checks = (
        (limits.per_sender, _OLDEST_SENT, share.owner_id, "are sent for one user"),
        (limits.per_receiver, _OLDEST_RECEIVED, share.email, "are sent to one address"),
    )
    for limit, sql, who, told in checks:
        row = None if limit is None else await transaction.fetch_one(sql, (who, since, limit - 1))
        if limit is not None and row is not None:
            raise too_many_mails(limit, told, from_micros(row["created_at"]), share.created_at)


def _listing(owner_id: UserId, image_id: ImageId | None) -> Listing:
    where = Conditions()
    where.add("owner_id = ?", owner_id)
    if image_id is not None:
        where.add("image_id = ?", image_id)
    return Listing("shares", where, value="created_at", row_id="id", value_type=int, descending=True)


def _values_of(share: Share) -> tuple[str | int | None, ...]:
    return (
        share.id,
        share.image_id,
        share.owner_id,
        share.title,
        share.message,
        to_micros(share.created_at),
        to_micros(share.expires_at),
        share.email,
        share.mail_state,
        share.mail_error,
        to_optional_micros(share.revoked_at),
        share.views,
        to_optional_micros(share.viewed_at),
    )


def _share_of(row: sqlite3.Row) -> Share:
    return Share(
        id=ShareId(row["id"]),
        image_id=ImageId(row["image_id"]),
        owner_id=UserId(row["owner_id"]),
        title=row["title"],
        message=row["message"],
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
        email=row["email"],
        mail_state=MailState(row["mail_state"]) if row["mail_state"] else None,
        mail_error=row["mail_error"],
        revoked_at=from_optional_micros(row["revoked_at"]),
        views=row["views"],
        viewed_at=from_optional_micros(row["viewed_at"]),
    )
