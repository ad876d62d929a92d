"""What users have and have announced: counted in a document of each owner, which also holds room for what comes.

What needs room first reserves it, by a compare-and-set on the owner's document: of two that would pass the quota
together one is refused. Then it is kept, and the reservation goes. After a crash in between a reservation runs out by
itself: with its ticket, or a minute later.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta

from app.domain.image import Image
from app.domain.quota import UNLIMITED, Quota, Usage
from app.domain.upload import Upload
from app.domain.viewer import UserId
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import take
from app.records.mongo.image_rows import ImageRow
from app.records.mongo.tables import Update, raising_version
from app.records.mongo.usage_rows import OwnerRow, Reservation

KEEPING_TIME = timedelta(minutes=1)
"""Longer than it takes to keep an image for which there is room."""

Counted = tuple[ImageRow, str, int]
"""An image, the mark of the debt, and 1 or -1."""


async def read_usage(collections: Collections, owner_id: UserId, at: datetime) -> Usage:
    owner = await collections.owners.get(owner_id) or collections.owners.model(id=owner_id)
    return await _usage_of(collections, owner, at)


async def reserve_image(collections: Collections, image: Image, quota: Quota) -> None:
    """Hold room for an image that is about to be kept. Raises: QuotaExceeded."""
    if quota != UNLIMITED:
        until = to_micros(image.created_at + KEEPING_TIME)
        reservation = Reservation(image_id=image.id, byte_size=image.byte_size, until=until, is_upload=False)
        await _reserve(
            collections,
            image.owner_id,
            image.created_at,
            reservation,
            lambda usage: usage.check_image(quota, image.byte_size),
        )


async def reserve_upload(collections: Collections, upload: Upload, quota: Quota, at: datetime, until: datetime) -> None:
    """Hold room for a ticket that is about to be kept, until it expires. Raises: QuotaExceeded."""
    reservation = Reservation(
        image_id=upload.image_id, byte_size=upload.byte_size, until=to_micros(until), is_upload=True
    )
    await _reserve(
        collections, upload.owner_id, at, reservation, lambda usage: usage.check_upload(quota, upload.byte_size)
    )


async def release(collections: Collections, owner_id: str, image_id: str) -> None:
    """Give up a reservation: what needed it is kept now, and holds its room itself."""
    await collections.owners.change({"_id": owner_id}, raising_version({"$pull": {"reserved": {"image_id": image_id}}}))


async def count_images(
    collections: Collections, counted: Sequence[Counted], find_owed: Callable[[], Awaitable[Collection[str]]]
) -> None:
    """Count images that were added or deleted, for their owners; they need no reservation any more."""
    by_owner: dict[str, dict[str, Counted]] = defaultdict(dict)
    for entry in counted:
        by_owner[entry[0].owner_id][entry[1]] = entry
    for owner_id, entries in by_owner.items():

        def count(_: OwnerRow, marks: Sequence[str], entries: dict[str, Counted] = entries) -> Update:
            new = [entries[mark] for mark in marks]
            images, byte_size = sum(by for _, _, by in new), sum(by * row.byte_size for row, _, by in new)
            kept = {"$pull": {"reserved": {"image_id": {"$in": [row.id for row, _, _ in new]}}}}
            return {"$inc": {"images": images, "byte_size": byte_size}, **kept}

        await _make_owner(collections, owner_id)
        await take(collections.owners, owner_id, list(entries), find_owed, count)


async def _reserve(
    collections: Collections,
    owner_id: str,
    at: datetime,
    reservation: Reservation,
    check: Callable[[Usage], None],
) -> None:
    await _make_owner(collections, owner_id)
    async with collections.owners.turn(owner_id) as patience:
        while True:
            owner = await collections.owners.get(owner_id)
            if owner is None:
                raise RuntimeError(f"The document of the owner {owner_id!r} is gone.")
            check(await _usage_of(collections, owner, at))
            reserved = [*_held(owner, at), reservation]
            update = raising_version({"$set": {"reserved": [each.model_dump() for each in reserved]}})
            if await collections.owners.change({"_id": owner_id, "version": owner.version}, update) is not None:
                return
            await patience.rest()


async def _make_owner(collections: Collections, owner_id: str) -> None:
    if await collections.owners.get(owner_id) is None:
        await collections.owners.insert(collections.owners.model(id=owner_id))


async def _usage_of(collections: Collections, owner: OwnerRow, at: datetime) -> Usage:
    """Return what an owner's document and tickets say together, nothing twice.

    The document was read before: what is in it counts there, whatever has become of the ticket meanwhile.
    """
    held = _held(owner, at)
    known = [*(each.image_id for each in held), *(mark.partition(":")[2] for mark in owner.taken)]
    query = {"owner_id": owner.id, "is_open": True, "expires_at": {"$gte": to_micros(at)}, "_id": {"$nin": known}}
    group = {"_id": None, "pending": {"$sum": 1}, "byte_size": {"$sum": "$byte_size"}}
    rows = await collections.uploads.aggregate([{"$match": query}, {"$group": group}])
    pending, byte_size = (rows[0]["pending"], rows[0]["byte_size"]) if rows else (0, 0)
    uploads, images = ([each for each in held if each.is_upload is kind] for kind in (True, False))
    return Usage(
        images=owner.images + len(images),
        byte_size=owner.byte_size + sum(each.byte_size for each in images),
        pending=pending + len(uploads),
        pending_bytes=byte_size + sum(each.byte_size for each in uploads),
    )


def _held(owner: OwnerRow, at: datetime) -> list[Reservation]:
    return [each for each in owner.reserved if each.until >= to_micros(at)]
