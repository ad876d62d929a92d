"""What users have and have announced, in SQLite."""

import sqlite3
from datetime import datetime

from app.domain.image import Image
from app.domain.quota import UNLIMITED, Quota, Usage
from app.domain.upload import Upload
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database, Transaction, Value
from app.records.sqlite.rows import to_micros

_USAGE = """
SELECT coalesce(images, 0) AS images, coalesce(byte_size, 0) AS byte_size, pending, pending_bytes
FROM (SELECT count(*) AS pending, coalesce(sum(byte_size), 0) AS pending_bytes FROM uploads
      WHERE owner_id = ?1 AND job_id IS NULL AND expires_at >= ?2)
LEFT JOIN usage ON usage.owner_id = ?1
"""


async def read_usage(database: Database, owner_id: UserId, at: datetime) -> Usage:
    return _usage_of(await database.read_one(_USAGE, _values(owner_id, at)))


async def check_image(transaction: Transaction, image: Image, quota: Quota) -> None:
    """Let pass when an image fits in, in the transaction that adds it. Raises: QuotaExceeded."""
    if quota != UNLIMITED:
        row = await transaction.fetch_one(_USAGE, _values(image.owner_id, image.created_at))
        _usage_of(row).check_image(quota, image.byte_size)


async def check_upload(transaction: Transaction, upload: Upload, quota: Quota, at: datetime) -> None:
    """Let pass when an upload fits in, in the transaction that announces it. Raises: QuotaExceeded."""
    if quota != UNLIMITED:
        row = await transaction.fetch_one(_USAGE, _values(upload.owner_id, at))
        _usage_of(row).check_upload(quota, upload.byte_size)


def _values(owner_id: UserId, at: datetime) -> tuple[Value, ...]:
    return owner_id, to_micros(at)


def _usage_of(row: sqlite3.Row | None) -> Usage:
    return Usage(row["images"], row["byte_size"], row["pending"], row["pending_bytes"]) if row else Usage()
