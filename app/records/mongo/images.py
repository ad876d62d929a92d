"""The image records in MongoDB."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from app.domain import policy
from app.domain.color_report import ColorReport
from app.domain.flow import FlowEventKind
from app.domain.image import Derived, Image, ImageChanges, ImageFilter, ImageId, ImageOrder, ImageOrderField, ImageState
from app.domain.page import Page, PageRequest
from app.domain.quota import UNLIMITED, Quota
from app.domain.replica import ReplicaState
from app.domain.similarity import DEFAULT_DISTANCE, MAX_NEAR, SimilarImage
from app.domain.viewer import UserId, Viewer
from app.domain.webhook import WebhookEvent
from app.records.derived import derived_of_fields
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged
from app.records.mongo.image_changes import make_debt, owing, pay_images
from app.records.mongo.image_filters import image_listings
from app.records.mongo.image_rows import (
    DELETED,
    KEPT,
    SHOWN,
    ImageRow,
    StoresDebt,
    banded,
    image_of,
    image_row,
    searchable,
)
from app.records.mongo.pages import fetch_joined_page
from app.records.mongo.similar_images import fetch_near_page, find_similar
from app.records.mongo.store_rows import ONLY
from app.records.mongo.tables import CHUNK, Update, raising_version
from app.records.mongo.usage import reserve_image


@dataclass(frozen=True, slots=True)
class MongoImages:
    collections: Collections

    async def find(self, image_id: ImageId) -> Image | None:
        return (await self.find_many((image_id,))).get(image_id)

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        query = {"_id": {"$in": list(image_ids)}, "state": {"$in": list(KEPT)}}
        images = await self._images_of(await self.collections.images.find(query))
        return {image.id: image for image in images}

    async def find_similar(self, difference_hash: str, max_distance: int, limit: int) -> tuple[SimilarImage, ...]:
        return await find_similar(self.collections, difference_hash, max_distance, limit)

    async def find_by_sha256(self, owner_id: UserId, sha256: str) -> Image | None:
        query = {"sha256": sha256, "owner_id": owner_id, "state": {"$in": list(SHOWN)}}
        row = await self.collections.images.find_one(query, sort=[("created_at", 1), ("_id", 1)])
        return None if row is None else await self._image_of(row)

    async def list(self, viewer: Viewer, filters: ImageFilter, order: ImageOrder, page: PageRequest) -> Page[Image]:
        near = await self._near(filters)
        if near is not None and order.field is ImageOrderField.RELEVANCE:
            return await fetch_near_page(self.collections, viewer, filters, near, page, self._images_of)
        listings = await image_listings(self.collections, viewer, filters, order, near)
        return await fetch_joined_page(self.collections.images, listings, page, self._images_of)

    async def _near(self, filters: ImageFilter) -> tuple[SimilarImage, ...] | None:
        """Return the images that look like the one that is asked for; None when none is."""
        if filters.similar_to is None:
            return None
        image = await self.find(filters.similar_to)
        if image is None or image.derived is None:
            return ()
        near = await self.find_similar(image.derived.difference_hash, DEFAULT_DISTANCE, MAX_NEAR)
        return tuple(similar for similar in near if similar.image_id != image.id)

    async def scan(self, after: ImageId | None, limit: int) -> tuple[Image, ...]:
        query = {"_id": {"$gt": after or ""}, "state": {"$in": list(KEPT)}}
        return tuple(await self._images_of(await self.collections.images.find(query, sort=[("_id", 1)], limit=limit)))

    async def count(self, viewer: Viewer, filters: ImageFilter) -> int:
        near = await self._near(filters)
        [listing] = await image_listings(self.collections, viewer, filters, ImageOrder(), near)
        return await self.collections.images.count(listing.query)

    async def add(self, image: Image, flows: Sequence[str], quota: Quota = UNLIMITED) -> Image:
        row = await find_kept(self.collections, image.id)
        if row is None:
            await reserve_image(self.collections, image, quota)
            row = await keep_image(self.collections, await new_image_row(self.collections, image, flows, counted=1))
        return await self._image_of(row)

    async def finish(self, image_id: ImageId, derived: Derived) -> None:
        fields = asdict(derived)
        primary = await find_primary(self.collections)

        def finish(row: ImageRow) -> Update | None:
            if row.edited is not None:
                return None
            was_failed, is_new = row.state == ImageState.FAILED, row.state != ImageState.READY
            is_same = row.derived is not None and derived_of_fields(row.derived) == derived
            changed: Update = {"$set": {"state": ImageState.READY.value, "derived": fields, "bands": banded(fields)}}
            if is_same and not is_new:
                return changed
            debt = make_debt(
                FlowEventKind.CHANGED,
                row.flows,
                shown=int(was_failed),
                events=(WebhookEvent.IMAGE_READY,) if is_new else (),
                stores=StoresDebt.NOTHING if is_same else StoresDebt.FOLLOWERS,
            )
            return merged(changed, owing(debt), {} if is_same else outdated_replicas(row, primary))

        await change_image(self.collections, image_id, finish)

    async def update(self, image_id: ImageId, changes: ImageChanges) -> Image:
        def update(row: ImageRow) -> Update | None:
            return describe(row, title=changes.title, tags=changes.tags)

        row = await change_image(self.collections, image_id, update)
        if row is None:
            raise policy.no_image(image_id)
        return await self._image_of(row)

    async def add_color_reports(self, reports: Sequence[ColorReport], at: datetime) -> None:
        asked = list({report.image_id for report in reports})
        kept = set(await self.collections.images.ids({"_id": {"$in": asked}, "state": {"$in": list(KEPT)}}))
        for report in reports:
            if report.image_id in kept:
                row_id = f"{report.image_id}/{report.browser}"
                fields = {**asdict(report), "palette": list(report.palette), "reported_at": to_micros(at)}
                update: Update = {"$set": fields, "$setOnInsert": {"version": 0}}
                await self.collections.color_reports.change({"_id": row_id}, update, upsert=True)

    async def delete(self, image_ids: Sequence[ImageId]) -> None:
        """Jobs, their logs and uploads keep the ids.

        Each image is gone by a write of its own; its document follows when flows, owner and webhooks know.
        """
        for start in range(0, len(image_ids), CHUNK):
            chunk = list(image_ids[start : start + CHUNK])
            for states, shown in ((list(SHOWN), -1), ([ImageState.FAILED.value], 0)):
                debt = make_debt(
                    FlowEventKind.REMOVED,
                    None,
                    shown=shown,
                    counted=-1,
                    events=(WebhookEvent.IMAGE_DELETED,),
                    stores=StoresDebt.ALL,
                )
                update = merged({"$set": {"state": DELETED}}, owing(debt))
                query = {"_id": {"$in": chunk}, "state": {"$in": states}}
                await self.collections.images.change_all(query, raising_version(update))
            await pay_images(self.collections, chunk)

    async def _images_of(self, rows: Sequence[ImageRow]) -> Sequence[Image]:
        flow_ids = list({flow_id for row in rows for flow_id in row.flows})
        found = await self.collections.flows.find({"_id": {"$in": flow_ids}, "is_deleted": False}) if flow_ids else []
        flows = {flow.id: flow for flow in found}
        return [image_of(row, [flows[flow_id] for flow_id in row.flows if flow_id in flows]) for row in rows]

    async def _image_of(self, row: ImageRow) -> Image:
        [image] = await self._images_of((row,))
        return image


async def new_image_row(collections: Collections, image: Image, flows: Sequence[str], *, counted: int) -> ImageRow:
    """Return the document of a new image in those of the flows that exist, with what is owed for it.

    Args:
        counted: 1 when the image owes to be counted for its owner; 0 when somebody else does.
    """
    found = await collections.flows.find({"name": {"$in": list(flows)}, "is_deleted": False}) if flows else []
    flow_ids = [flow.id for flow in sorted(found, key=lambda flow: flow.name)]
    shown = int(image.state is not ImageState.FAILED)
    debt = make_debt(FlowEventKind.ADDED, flow_ids, shown=shown, counted=counted, stores=StoresDebt.FOLLOWERS)
    tagged = debt.model_copy(update={"given": list(dict.fromkeys(image.tags))})
    return image_row(collections.images.model, image, flow_ids, (tagged,))


def describe(row: ImageRow, *, title: str | None = None, tags: Sequence[str] | None = None) -> Update | None:
    """Return the update that gives an image a title and tags, with what is owed then; None when it has them already."""
    new_title = row.title if title is None else title
    new_tags = row.tags if tags is None else list(dict.fromkeys(tags))
    if (new_title, new_tags) == (row.title, row.tags):
        return None
    debt = make_debt(FlowEventKind.CHANGED, row.flows, events=(WebhookEvent.IMAGE_UPDATED,))
    given, lost = (
        [tag for tag in one if tag not in other] for one, other in ((new_tags, row.tags), (row.tags, new_tags))
    )
    words = searchable(new_title, new_tags, row.labels)
    owed = owing(debt.model_copy(update={"given": given, "lost": lost}))
    return merged({"$set": {"title": new_title, "tags": new_tags, **words}}, owed)


async def find_primary(collections: Collections) -> str | None:
    """Return the store that the others follow, when any is named."""
    stores = await collections.stores.get(ONLY)
    return stores.primary if stores else None


def outdated_replicas(row: ImageRow, primary: str | None) -> Update:
    """Return the part of an update by which what followers have is to be made anew."""
    pending = {"state": ReplicaState.PENDING}
    parts = [part if part.backend == primary else part.model_copy(update=pending) for part in row.replicas]
    return {"$set": {"replicas": [part.model_dump(mode="json") for part in parts]}}


async def keep_image(collections: Collections, row: ImageRow) -> ImageRow:
    """Keep a new image and pay what is owed for it; return what is kept under its id."""
    while True:
        is_new = await collections.images.insert(row)
        kept = row if is_new else await find_kept(collections, row.id)
        if kept is not None:
            await pay_images(collections, (row.id,))
            return kept


async def find_kept(collections: Collections, image_id: str) -> ImageRow | None:
    """Return an image's document; one of an image that is deleted is cleared away first."""
    row = await collections.images.get(image_id)
    if row is not None and row.state == DELETED:
        await pay_images(collections, (image_id,))
        return None
    return row


async def change_image(
    collections: Collections, image_id: str, plan: Callable[[ImageRow], Update | None]
) -> ImageRow | None:
    """Change an image by what its document holds, and pay what is owed then; None when there is no such image."""

    def change(row: ImageRow) -> Update | None:
        return None if row.state == DELETED else plan(row)

    row = await collections.images.revise(image_id, change)
    if row is None or row.state == DELETED:
        return None
    await pay_images(collections, (image_id,))
    return row
