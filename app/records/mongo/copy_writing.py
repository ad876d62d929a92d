"""Writes records as documents. Their ids follow from the records, so to write some once more changes nothing."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from app.ports.record_copy import Entry
from app.records.mongo.collections import Collections
from app.records.mongo.copied_images import image_document
from app.records.mongo.copied_rows import document_of
from app.records.mongo.copy_reading import table_of
from app.records.mongo.store_rows import ONLY
from app.records.mongo.tables import ALL, CHUNK


async def write_entries(collections: Collections, table: str, entries: Sequence[Entry]) -> None:
    writer = _WRITERS.get(table)
    if writer is None:
        rows = table_of(collections, table)
        await rows.insert_missing(document_of(table, rows.model, entry.record, entry.key) for entry in entries)
    else:
        await writer(collections, entries)


async def place_webhooks(collections: Collections) -> None:
    """Give each webhook its place among its owner's, which is its id when it was just copied."""
    by_owner: dict[str, list[str]] = defaultdict(list)
    for row in await collections.webhooks.find({}, sort=[("owner_id", 1), ("created_at", 1), ("_id", 1)]):
        by_owner[row.owner_id].append(row.id)
    for webhook_ids in by_owner.values():
        for slot, webhook_id in enumerate(webhook_ids):
            await collections.webhooks.change({"_id": webhook_id}, {"$set": {"slot": slot}})


async def clear_collections(collections: Collections) -> None:
    for table in reversed(collections.tables):
        while ids := await table.ids(ALL, limit=CHUNK):
            await table.remove_all({"_id": {"$in": ids}})


async def _write_images(collections: Collections, entries: Sequence[Entry]) -> None:
    model = collections.images.model
    await collections.images.insert_missing(image_document(model, entry.record) for entry in entries)


async def _write_jobs(collections: Collections, entries: Sequence[Entry]) -> None:
    """Write jobs, and the highest number of their changes into the documents of their owners."""
    model = collections.jobs.model
    await collections.jobs.insert_missing(document_of("jobs", model, entry.record, entry.key) for entry in entries)
    newest: dict[str, int] = defaultdict(int)
    for entry in entries:
        owner_id, revision = entry.record["owner_id"], entry.record["revision"]
        newest[owner_id] = max(newest[owner_id], revision)
    for owner_id, revision in newest.items():
        update = {"$max": {"revision": revision}, "$setOnInsert": {"version": 0}}
        await collections.owners.put({"_id": owner_id}, update)


async def _write_usage(collections: Collections, entries: Sequence[Entry]) -> None:
    for entry in entries:
        used = {"images": entry.record["images"], "byte_size": entry.record["byte_size"]}
        await collections.owners.put({"_id": entry.record["owner_id"]}, {"$set": used, "$setOnInsert": {"version": 0}})


async def _write_stores(collections: Collections, entries: Sequence[Entry]) -> None:
    """Write the one document of all stores; there are never more than fit into one batch."""
    names = {
        "primary": next(entry.record["backend"] for entry in entries if entry.record["is_primary"]),
        "followers": [entry.record["backend"] for entry in entries if not entry.record["is_primary"]],
    }
    await collections.stores.put({"_id": ONLY}, {"$set": names, "$setOnInsert": {"version": 0}})


_WRITERS: Mapping[str, Callable[[Collections, Sequence[Entry]], Awaitable[None]]] = {
    "images": _write_images,
    "jobs": _write_jobs,
    "usage": _write_usage,
    "stores": _write_stores,
}
