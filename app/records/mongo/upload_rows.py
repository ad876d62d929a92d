"""Uploads as documents: tickets, and what a completed one must still become."""

from typing import Any

from pymongo import ASCENDING, IndexModel

from app.domain.image import ImageFormat, ImageId
from app.domain.job import JobId
from app.domain.upload import Upload
from app.domain.viewer import UserId
from app.records.micros import from_micros, to_micros
from app.records.mongo.rows import Part
from app.records.mongo.tables import Row


class UploadDebt(Part):
    """The documents of the image, the job and its item, which are still to be kept. `at` is in microseconds."""

    id: str
    at: int
    image: dict[str, Any]
    job: dict[str, Any]
    item: dict[str, Any]


class UploadRow(Row):
    """A ticket. `is_open` until its image is counted: until then it holds its room itself."""

    owner_id: str
    format: ImageFormat
    byte_size: int
    title: str
    flows: list[str]
    tags: list[str]
    sha256: str | None
    client_type: str | None
    created_at: int
    expires_at: int
    job_id: str | None = None
    is_exact: bool = True
    is_open: bool = True
    owed: list[UploadDebt] = []

    class Settings:
        name = "uploads"
        indexes = [
            IndexModel([(field, ASCENDING) for field in fields])
            for fields in (("job_id", "expires_at"), ("owner_id", "is_open", "expires_at"), ("owed.at",))
        ]


class UploadMetricsRow(Row):
    image_id: str
    client_type: str | None
    duration_ms: float
    transfer_ms: float
    at: int

    class Settings:
        name = "upload_metrics"


def upload_row(model: type[UploadRow], upload: Upload) -> UploadRow:
    return model(
        id=upload.image_id,
        owner_id=upload.owner_id,
        format=upload.format,
        byte_size=upload.byte_size,
        title=upload.title,
        flows=list(upload.flows),
        tags=list(upload.tags),
        sha256=upload.sha256,
        client_type=upload.client_type,
        created_at=to_micros(upload.created_at),
        expires_at=to_micros(upload.expires_at),
        job_id=upload.job_id,
        is_exact=upload.is_exact,
        is_open=upload.job_id is None,
    )


def upload_of(row: UploadRow) -> Upload:
    return Upload(
        image_id=ImageId(row.id),
        owner_id=UserId(row.owner_id),
        format=row.format,
        byte_size=row.byte_size,
        title=row.title,
        flows=tuple(row.flows),
        tags=tuple(row.tags),
        sha256=row.sha256,
        client_type=row.client_type,
        created_at=from_micros(row.created_at),
        expires_at=from_micros(row.expires_at),
        job_id=None if row.job_id is None else JobId(row.job_id),
        is_exact=row.is_exact,
    )
