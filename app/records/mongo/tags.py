"""The tags of images in MongoDB: inside the images' documents, and counted beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.image import Image, ImageId, clean_tags
from app.domain.page import Page, PageRequest
from app.domain.tag import Tag
from app.domain.viewer import UserId
from app.records.mongo.collections import Collections
from app.records.mongo.image_rows import KEPT, ImageRow
from app.records.mongo.images import MongoImages, change_image, describe
from app.records.mongo.pages import Listing, fetch_page
from app.records.mongo.tables import Update
from app.records.mongo.tag_rows import TagRow, tag_id

_HIGHEST = "\U0010ffff"
"""No tag holds it, so all tags that begin with a text come before that text with it behind."""


@dataclass(frozen=True, slots=True)
class MongoTags:
    collections: Collections

    async def change(
        self, image_ids: Sequence[ImageId], *, added: Sequence[str] = (), removed: Sequence[str] = ()
    ) -> tuple[Image, ...]:
        """All images are judged first, then each changes by a write of its own.

        What a crash leaves undone is done when asked again.
        """

        def retag(row: ImageRow) -> Update | None:
            kept = tuple(tag for tag in row.tags if tag not in removed)
            return describe(row, tags=clean_tags((*kept, *added)))

        for row in await self.collections.images.find(_kept(image_ids)):
            retag(row)
        for image_id in dict.fromkeys(image_ids):
            await change_image(self.collections, image_id, retag)
        changed = await MongoImages(self.collections).find_many(image_ids)
        return tuple(changed[image_id] for image_id in sorted(changed))

    async def find_tagged(self, owner_id: UserId, tag: str, limit: int) -> tuple[ImageId, ...]:
        query = {"owner_id": owner_id, "tags": tag, "state": {"$in": list(KEPT)}}
        rows = await self.collections.images.project(query, {"_id": 1}, sort=[("_id", 1)], limit=limit)
        return tuple(ImageId(row["_id"]) for row in rows)

    async def find(self, owner_id: UserId, tag: str) -> Tag | None:
        row = await self.collections.tag_counts.get(tag_id(owner_id, tag))
        return None if row is None or row.image_count < 1 else _tag_of(row)

    async def list(self, owner_id: UserId, prefix: str, page: PageRequest) -> Page[Tag]:
        return await fetch_page(self.collections.tag_counts, _listing(owner_id, prefix), page, _tags_of)

    async def count(self, owner_id: UserId, prefix: str) -> int:
        return await self.collections.tag_counts.count(_listing(owner_id, prefix).query)


def _kept(image_ids: Sequence[ImageId]) -> dict[str, Any]:
    return {"_id": {"$in": list(image_ids)}, "state": {"$in": list(KEPT)}}


def _listing(owner_id: UserId, prefix: str) -> Listing:
    query: dict[str, Any] = {"owner_id": owner_id, "image_count": {"$gt": 0}}
    if prefix:
        query["tag"] = {"$gte": prefix, "$lt": prefix + _HIGHEST}
    return Listing(query, "tag", str, descending=False, row_id="tag")


def _tag_of(row: TagRow) -> Tag:
    return Tag(row.tag, row.image_count)


async def _tags_of(rows: Sequence[TagRow]) -> list[Tag]:
    return [_tag_of(row) for row in rows]
