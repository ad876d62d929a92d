"""The tags of images in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.image import Image, ImageId, clean_tags
from app.domain.page import Page, PageRequest
from app.domain.tag import Tag
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.image_rows import FIND_IMAGES, image_of
from app.records.sqlite.pages import Conditions, Listing, count_rows, fetch_page
from app.records.sqlite.rows import to_json

_INSERT = """
INSERT INTO image_tags (image_id, tag, created_at, owner_id)
SELECT id, ?2, created_at, owner_id FROM images WHERE id = ?1
"""

_HIGHEST = "\U0010ffff"
"""No tag holds it, so all tags that begin with a text come before that text with it behind."""


@dataclass(frozen=True, slots=True)
class SqliteTags:
    database: Database

    async def change(
        self, image_ids: Sequence[ImageId], *, added: Sequence[str] = (), removed: Sequence[str] = ()
    ) -> tuple[Image, ...]:
        ids = to_json(image_ids)
        async with self.database.transaction() as transaction:
            for row in await transaction.fetch(FIND_IMAGES, (ids,)):
                image = image_of(row)
                kept = tuple(tag for tag in image.tags if tag not in removed)
                tags = clean_tags((*kept, *added))
                if tags != image.tags:
                    await transaction.fetch("UPDATE images SET tags = ? WHERE id = ?", (to_json(tags), image.id))
                    await replace_tags(transaction, image.id, tags)
            changed = [image_of(row) for row in await transaction.fetch(FIND_IMAGES, (ids,))]
        return tuple(sorted(changed, key=lambda image: image.id))

    async def find_tagged(self, owner_id: UserId, tag: str, limit: int) -> tuple[ImageId, ...]:
        sql = "SELECT image_id FROM image_tags WHERE owner_id = ? AND tag = ? ORDER BY image_id LIMIT ?"
        return tuple(ImageId(row["image_id"]) for row in await self.database.read(sql, (owner_id, tag, limit)))

    async def find(self, owner_id: UserId, tag: str) -> Tag | None:
        sql = "SELECT * FROM tag_counts WHERE owner_id = ? AND tag = ?"
        row = await self.database.read_one(sql, (owner_id, tag))
        return None if row is None else _tag_of(row)

    async def list(self, owner_id: UserId, prefix: str, page: PageRequest) -> Page[Tag]:
        return await fetch_page(self.database, "tag_counts.*", _listing(owner_id, prefix), page, _tag_of)

    async def count(self, owner_id: UserId, prefix: str) -> int:
        return await count_rows(self.database, _listing(owner_id, prefix))


async def replace_tags(transaction: Transaction, image_id: ImageId, tags: Sequence[str]) -> None:
    """Make the rows those of the image's tags, which stand in its own row already."""
    kept = (image_id, to_json(tags))
    await transaction.fetch(
        "DELETE FROM image_tags WHERE image_id = ? AND tag NOT IN (SELECT value FROM json_each(?))", kept
    )
    await transaction.execute_many(f"{_INSERT} ON CONFLICT DO NOTHING", [(image_id, tag) for tag in tags])


def _listing(owner_id: UserId, prefix: str) -> Listing:
    where = Conditions()
    where.add("owner_id = ?", owner_id)
    if prefix:
        where.add("tag >= ? AND tag < ?", prefix, prefix + _HIGHEST)
    return Listing("tag_counts", where, value="tag", row_id="tag", value_type=str, descending=False, is_unique=True)


def _tag_of(row: sqlite3.Row) -> Tag:
    return Tag(row["tag"], row["image_count"])
