"""How many mails of shares may be sent: of two that would pass a limit together one is refused.

A mail is reserved first, by a compare-and-set on a document of its sender and one of its receiver; then the share is
kept, which counts from then on, and the reservation goes. What a crash leaves runs out in a minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.domain.errors import RateLimited
from app.domain.share import MAIL_WINDOW, MailLimits, Share, too_many_mails
from app.records.micros import from_micros, to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.share_rows import MailCountRow, ReservedMail
from app.records.mongo.tables import raising_version

KEEPING_TIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Count:
    """Mails of which there may be so many: the document that reserves them, how they are found, and are told."""

    row_id: str
    limit: int
    query: Mapping[str, object]
    told: str


async def reserve_mail(collections: Collections, share: Share, limits: MailLimits) -> None:
    """Reserve a mail that is about to be kept. Raises: RateLimited, when there are as many as allowed."""
    try:
        for count in _counts(share, limits):
            await _reserve(collections, share, count)
    except RateLimited:
        await release_mail(collections, share, limits)
        raise


async def release_mail(collections: Collections, share: Share, limits: MailLimits) -> None:
    """Give up what was reserved: the mail is kept now, or refused."""
    for count in _counts(share, limits):
        released = raising_version({"$pull": {"reserved": {"share_id": share.id}}})
        await collections.mail_counts.change({"_id": count.row_id}, released)


def _counts(share: Share, limits: MailLimits) -> list[_Count]:
    counts = []
    if limits.per_sender is not None:
        sent: dict[str, object] = {"owner_id": share.owner_id, "receiver": {"$gt": ""}}
        counts.append(_Count(f"from {share.owner_id}", limits.per_sender, sent, "are sent for one user"))
    if limits.per_receiver is not None and share.email is not None:
        receiver = share.email.lower()
        received: dict[str, object] = {"receiver": receiver}
        counts.append(_Count(f"to {receiver}", limits.per_receiver, received, "are sent to one address"))
    return counts


async def _reserve(collections: Collections, share: Share, count: _Count) -> None:
    at = to_micros(share.created_at)
    mine = ReservedMail(share_id=share.id, created_at=at, until=to_micros(share.created_at + KEEPING_TIME))
    async with collections.mail_counts.turn(count.row_id) as patience:
        while True:
            row = await collections.mail_counts.get(count.row_id)
            if row is None:
                await collections.mail_counts.insert(collections.mail_counts.model(id=count.row_id))
                continue
            times = await _times(collections, count, row, to_micros(share.created_at - MAIL_WINDOW))
            if len(times) >= count.limit:
                raise too_many_mails(count.limit, count.told, from_micros(times[count.limit - 1]), share.created_at)
            reserved = [*(each for each in row.reserved if each.until >= at), mine]
            update = raising_version({"$set": {"reserved": [each.model_dump() for each in reserved]}})
            if await collections.mail_counts.change({"_id": row.id, "version": row.version}, update) is not None:
                return
            await patience.rest()


async def _times(collections: Collections, count: _Count, row: MailCountRow, since: int) -> list[int]:
    """Return when the newest mails were made that count, the newest first: those that are kept, and are about to be."""
    reserved = {each.share_id: each.created_at for each in row.reserved}
    query = {**count.query, "created_at": {"$gt": since}, "_id": {"$nin": list(reserved)}}
    found = await collections.shares.project(query, {"created_at": 1}, sort=[("created_at", -1)], limit=count.limit)
    times = [*(each["created_at"] for each in found), *reserved.values()]
    return sorted((time for time in times if time > since), reverse=True)
