"""The share records in MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import Conflict
from app.domain.image import ImageId
from app.domain.outbox import OutboxEntry
from app.domain.page import Page, PageRequest
from app.domain.share import MailLimits, MailState, Share, ShareId
from app.domain.viewer import UserId
from app.records.micros import now_micros, to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import new_mark
from app.records.mongo.mail_limits import release_mail, reserve_mail
from app.records.mongo.outbox_rows import outbox_row
from app.records.mongo.pages import Listing, fetch_page
from app.records.mongo.share_rows import ShareDebt, ShareRow, share_of, share_row


@dataclass(frozen=True, slots=True)
class MongoShares:
    collections: Collections

    async def add(self, share: Share, entry: OutboxEntry | None = None, limits: MailLimits | None = None) -> None:
        """Reserve the mail, keep the share, which owes its outbox entry, and pay at once."""
        if limits is not None:
            await reserve_mail(self.collections, share, limits)
        owed = []
        if entry is not None:
            kept = outbox_row(self.collections.outbox.model, entry).dump()
            owed.append(ShareDebt(id=new_mark(), at=now_micros(), entry=kept))
        row = share_row(self.collections.shares.model, share, owed)
        if not await self.collections.shares.insert(row):
            raise Conflict(f"There is a share {share.id!r} already.")
        await pay_share(self.collections, row)
        if limits is not None:
            await release_mail(self.collections, share, limits)

    async def find_many(self, share_ids: Sequence[ShareId]) -> Mapping[ShareId, Share]:
        shares = map(share_of, await self.collections.shares.find({"_id": {"$in": list(share_ids)}}))
        return {share.id: share for share in shares}

    async def list(self, owner_id: UserId, image_id: ImageId | None, page: PageRequest) -> Page[Share]:
        return await fetch_page(self.collections.shares, _listing(owner_id, image_id), page, _shares_of)

    async def count(self, owner_id: UserId, image_id: ImageId | None) -> int:
        return await self.collections.shares.count(_listing(owner_id, image_id).query)

    async def revoke(self, share_id: ShareId, at: datetime) -> None:
        revoked = {"$set": {"revoked_at": to_micros(at)}}
        await self.collections.shares.change({"_id": share_id, "revoked_at": None}, revoked)

    async def view(self, share_id: ShareId, at: datetime) -> None:
        viewed = {"$inc": {"views": 1}, "$set": {"viewed_at": to_micros(at)}}
        await self.collections.shares.change({"_id": share_id}, viewed)

    async def advance_mail(
        self, share_id: ShareId, known: Collection[MailState], state: MailState, error: str | None = None
    ) -> bool:
        advanced = {"$set": {"mail_state": state.value, "mail_error": error}}
        query = {"_id": share_id, "mail_state": {"$in": [each.value for each in known]}}
        return await self.collections.shares.change(query, advanced) is not None

    async def delete_expired(self, before: datetime) -> int:
        return await self.collections.shares.remove_all({"expires_at": {"$lt": to_micros(before)}})


async def pay_share(collections: Collections, row: ShareRow) -> None:
    """Keep the outbox entry that a share owes. When it is paid twice, its mail is still handed over once."""
    for debt in row.owed:
        await collections.outbox.insert(collections.outbox.model.model_validate(debt.entry))
        await collections.shares.change({"_id": row.id}, {"$pull": {"owed": {"id": debt.id}}})


def _listing(owner_id: UserId, image_id: ImageId | None) -> Listing:
    query: dict[str, Any] = {"owner_id": owner_id}
    if image_id is not None:
        query["image_id"] = image_id
    return Listing(query, "created_at", int, descending=True)


async def _shares_of(rows: Sequence[ShareRow]) -> list[Share]:
    return [share_of(row) for row in rows]
