"""The image records in SQLite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain import policy
from app.domain.color_report import ColorReport
from app.domain.image import Derived, Image, ImageChanges, ImageFilter, ImageId, ImageOrder, ImageOrderField, ImageState
from app.domain.page import Page, PageRequest
from app.domain.quota import UNLIMITED, Quota
from app.domain.similarity import DEFAULT_DISTANCE, MAX_NEAR, SimilarImage
from app.domain.viewer import UserId, Viewer
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.image_filters import image_listings
from app.records.sqlite.image_rows import (
    FIND_IMAGES,
    IMAGE_COLUMN_NAMES,
    IMAGE_COLUMNS,
    INSERT_IMAGE,
    derived_json,
    image_of,
    image_values,
)
from app.records.sqlite.image_search import match_of
from app.records.sqlite.known_images import KnownImages
from app.records.sqlite.pages import count_rows, fetch_joined_page
from app.records.sqlite.rows import to_json, to_micros
from app.records.sqlite.similar_images import find_similar
from app.records.sqlite.tags import replace_tags
from app.records.sqlite.usage import check_image

MAX_SORTED = 10_000
"""How many images of a flow, tag, label or search are sorted for a page by title or size: about as much work as
finding a page of so many among a million images in order."""

_SCAN = f"SELECT {IMAGE_COLUMNS} FROM images WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - own text only

_FIND_BY_SHA256 = f"""
SELECT {IMAGE_COLUMNS} FROM images WHERE sha256 = ? AND owner_id = ? AND +state <> 'FAILED'
ORDER BY created_at, id LIMIT 1
"""  # noqa: S608 - own text only

_MATCH = "SELECT 1 FROM image_search WHERE image_search MATCH ? LIMIT 1 OFFSET ?"

_MEMBER_OF_FLOW = "SELECT 1 FROM flow_images WHERE flow = ? LIMIT 1 OFFSET ?"

_MEMBER_OF_TAG = "SELECT 1 FROM image_tags WHERE tag = ? LIMIT 1 OFFSET ?"

_MEMBER_OF_LABEL = "SELECT 1 FROM labelled_images WHERE name = ? LIMIT 1 OFFSET ?"

_ADD_TO_FLOWS = """
INSERT INTO flow_images (image_id, flow, created_at, is_failed)
SELECT ?1, name, ?2, ?3 FROM flows WHERE name IN (SELECT value FROM json_each(?4))
ON CONFLICT DO NOTHING
"""

_UPDATE = """
UPDATE images SET title = coalesce(?, title), tags = coalesce(?, tags) WHERE id = ? RETURNING id
"""


_ADD_COLOR_REPORT = """INSERT OR REPLACE INTO color_reports
  (image_id, browser, dominant_color, palette, started_at_s, ended_at_s, reported_at)
  SELECT id, ?, ?, ?, ?, ?, ? FROM images WHERE id = ?"""


@dataclass(frozen=True, slots=True)
class SqliteImages:
    database: Database
    known: KnownImages = field(default_factory=KnownImages, compare=False)

    async def find(self, image_id: ImageId) -> Image | None:
        version = self.database.version()
        if version is None:
            return (await self.find_many((image_id,))).get(image_id)
        image = self.known.find(image_id, version)
        if image is None and (image := (await self.find_many((image_id,))).get(image_id)) is not None:
            self.known.keep(image, version)
        return image

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        images = [image_of(row) for row in await self.database.read(FIND_IMAGES, (to_json(image_ids),))]
        return {image.id: image for image in images}

    async def find_similar(self, difference_hash: str, max_distance: int, limit: int) -> tuple[SimilarImage, ...]:
        return await find_similar(self.database, difference_hash, max_distance, limit)

    async def find_by_sha256(self, owner_id: UserId, sha256: str) -> Image | None:
        row = await self.database.read_one(_FIND_BY_SHA256, (sha256, owner_id))
        return None if row is None else image_of(row)

    async def list(self, viewer: Viewer, filters: ImageFilter, order: ImageOrder, page: PageRequest) -> Page[Image]:
        near, sorts_members = await self._near(filters), await self._has_few_members(filters, order)
        listings = image_listings(viewer, filters, order, near, sorts_members=sorts_members)
        return await fetch_joined_page(
            self.database, IMAGE_COLUMNS, listings, page, image_of, packed=IMAGE_COLUMN_NAMES
        )

    async def _near(self, filters: ImageFilter) -> tuple[SimilarImage, ...] | None:
        """Return the images that look like the one that is asked for; None when none is."""
        if filters.similar_to is None:
            return None
        image = await self.find(filters.similar_to)
        if image is None or image.derived is None:
            return ()
        near = await self.find_similar(image.derived.difference_hash, DEFAULT_DISTANCE, MAX_NEAR)
        return tuple(similar for similar in near if similar.image_id != image.id)

    async def _has_few_members(self, filters: ImageFilter, order: ImageOrder) -> bool:
        """Tell whether to sort what matches words, or a flow, tag or label holds; by time it is in order already."""
        leaders = (
            (match_of(filters) if filters.words else None, _MATCH),
            (filters.flow, _MEMBER_OF_FLOW),
            (filters.tag, _MEMBER_OF_TAG),
            (filters.label, _MEMBER_OF_LABEL),
        )
        named = next(((name, sql) for name, sql in leaders if name is not None), None)
        if order.field in (ImageOrderField.CREATED_AT, ImageOrderField.RELEVANCE) or named is None:
            return True
        name, sql = named
        return await self.database.read_one(sql, (name, MAX_SORTED)) is None

    async def scan(self, after: ImageId | None, limit: int) -> tuple[Image, ...]:
        return tuple(image_of(row) for row in await self.database.read(_SCAN, (after or "", limit)))

    async def count(self, viewer: Viewer, filters: ImageFilter) -> int:
        [listing] = image_listings(viewer, filters, ImageOrder(), await self._near(filters))
        return await count_rows(self.database, listing)

    async def add(self, image: Image, flows: Sequence[str], quota: Quota = UNLIMITED) -> Image:
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one("SELECT 1 FROM images WHERE id = ?", (image.id,)) is None:
                await check_image(transaction, image, quota)
            return await insert_image(transaction, image, flows)

    async def finish(self, image_id: ImageId, derived: Derived) -> None:
        async with self.database.transaction() as transaction:
            await transaction.fetch(
                "UPDATE images SET state = ?, derived = ? WHERE id = ? AND edited IS NULL",
                (ImageState.READY, derived_json(derived), image_id),
            )

    async def update(self, image_id: ImageId, changes: ImageChanges) -> Image:
        tags = None if changes.tags is None else to_json(changes.tags)
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one(_UPDATE, (changes.title, tags, image_id)) is None:
                raise policy.no_image(image_id)
            if changes.tags is not None:
                await replace_tags(transaction, image_id, changes.tags)
            [row] = await transaction.fetch(FIND_IMAGES, (to_json((image_id,)),))
        return image_of(row)

    async def add_color_reports(self, reports: Sequence[ColorReport], at: datetime) -> None:
        rows = [
            (
                report.browser,
                report.dominant_color,
                to_json(report.palette),
                report.started_at_s,
                report.ended_at_s,
                to_micros(at),
                report.image_id,
            )
            for report in reports
        ]
        async with self.database.transaction() as transaction:
            await transaction.execute_many(_ADD_COLOR_REPORT, rows)

    async def delete(self, image_ids: Sequence[ImageId]) -> None:
        """Jobs, their logs and uploads keep the ids; tags and places in flows go with the image by their keys."""
        async with self.database.transaction() as transaction:
            await transaction.fetch(
                "DELETE FROM images WHERE id IN (SELECT value FROM json_each(?))", (to_json(image_ids),)
            )


async def insert_image(transaction: Transaction, image: Image, flows: Sequence[str]) -> Image:
    """Keep an image with its tags, in those of the flows that exist; return what is kept under its id."""
    if await transaction.fetch_one(INSERT_IMAGE, image_values(image)) is not None:
        created_at = to_micros(image.created_at)
        await replace_tags(transaction, image.id, image.tags)
        is_failed = image.state is ImageState.FAILED
        await transaction.fetch(_ADD_TO_FLOWS, (image.id, created_at, is_failed, to_json(flows)))
    [row] = await transaction.fetch(FIND_IMAGES, (to_json((image.id,)),))
    return image_of(row)
