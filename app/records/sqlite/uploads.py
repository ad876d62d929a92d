"""The upload records in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import AlreadyCompleted, NotFound
from app.domain.image import Image, ImageFormat, ImageId
from app.domain.job import Job, JobItem
from app.domain.quota import UNLIMITED, Quota, Usage
from app.domain.upload import Upload, UploadMetrics
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.images import insert_image
from app.records.sqlite.jobs import insert_job
from app.records.sqlite.rows import from_json, from_micros, to_json, to_micros
from app.records.sqlite.usage import check_upload, read_usage

_INSERT = """
INSERT INTO uploads (image_id, owner_id, format, byte_size, title, flows, tags, sha256, client_type, created_at,
                     expires_at, job_id, is_exact)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_EXPIRED = "SELECT * FROM uploads WHERE image_id = ? AND job_id IS NULL AND expires_at < ?"

_DELETE_EXPIRED = "DELETE FROM uploads WHERE job_id IS NULL AND expires_at < ? RETURNING image_id"

_ADD_METRICS = """
INSERT INTO upload_metrics (image_id, client_type, duration_ms, transfer_ms, at) VALUES (?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class SqliteUploads:
    database: Database

    async def find(self, image_id: ImageId) -> Upload | None:
        row = await self.database.read_one("SELECT * FROM uploads WHERE image_id = ?", (image_id,))
        return None if row is None else _upload_of(row)

    async def add(self, upload: Upload, quota: Quota = UNLIMITED) -> None:
        announced = (upload.image_id, upload.owner_id, upload.format, upload.byte_size, upload.title)
        lists = (to_json(upload.flows), to_json(upload.tags))
        times = (to_micros(upload.created_at), to_micros(upload.expires_at))
        async with self.database.transaction() as transaction:
            await check_upload(transaction, upload, quota, upload.created_at)
            await transaction.fetch(
                _INSERT, (*announced, *lists, upload.sha256, upload.client_type, *times, upload.job_id, upload.is_exact)
            )

    async def renew(self, image_id: ImageId, at: datetime, expires_at: datetime, quota: Quota = UNLIMITED) -> None:
        async with self.database.transaction() as transaction:
            row = await transaction.fetch_one(_EXPIRED, (image_id, to_micros(at)))
            if row is not None:
                await check_upload(transaction, _upload_of(row), quota, at)
                await transaction.fetch(
                    "UPDATE uploads SET expires_at = ? WHERE image_id = ?", (to_micros(expires_at), image_id)
                )

    async def usage(self, owner_id: UserId, at: datetime) -> Usage:
        return await read_usage(self.database, owner_id, at)

    async def complete(self, image_id: ImageId, image: Image, flows: Sequence[str], job: Job, item: JobItem) -> Image:
        async with self.database.transaction() as transaction:
            await _check_open(transaction, image_id)
            kept = await insert_image(transaction, image, flows)
            await insert_job(transaction, job, (item,))
            await transaction.fetch("UPDATE uploads SET job_id = ? WHERE image_id = ?", (job.id, image_id))
        return kept

    async def delete(self, image_id: ImageId) -> None:
        async with self.database.transaction() as transaction:
            await transaction.fetch("DELETE FROM uploads WHERE image_id = ?", (image_id,))

    async def delete_expired(self, before: datetime) -> Sequence[ImageId]:
        async with self.database.transaction() as transaction:
            rows = await transaction.fetch(_DELETE_EXPIRED, (to_micros(before),))
        return tuple(ImageId(row["image_id"]) for row in rows)

    async def add_metrics(self, metrics: UploadMetrics, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            durations = (metrics.duration_ms, metrics.transfer_ms)
            await transaction.fetch(_ADD_METRICS, (metrics.image_id, metrics.client_type, *durations, to_micros(at)))


async def _check_open(transaction: Transaction, image_id: ImageId) -> None:
    row = await transaction.fetch_one("SELECT job_id FROM uploads WHERE image_id = ?", (image_id,))
    if row is None:
        raise NotFound(f"There is no upload {image_id!r}.", field=("imageId",))
    if row["job_id"] is not None:
        raise AlreadyCompleted(
            f"The upload {image_id} was completed before, by the job {row['job_id']}.",
            job_id=row["job_id"],
            field=("imageId",),
        )


def _upload_of(row: sqlite3.Row) -> Upload:
    return Upload(
        image_id=ImageId(row["image_id"]),
        owner_id=UserId(row["owner_id"]),
        format=ImageFormat(row["format"]),
        byte_size=row["byte_size"],
        title=row["title"],
        flows=from_json(row["flows"]),
        tags=from_json(row["tags"]),
        sha256=row["sha256"],
        client_type=row["client_type"],
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
        job_id=row["job_id"],
        is_exact=bool(row["is_exact"]),
    )
