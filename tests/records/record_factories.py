"""Made-up values for the record suites."""

import secrets
from datetime import UTC, datetime, timedelta

from app.domain.error_code import ErrorCode
from app.domain.flow import Flow
from app.domain.image import Derived, Image, ImageFormat, ImageId, ImageState, Placeholder, new_image_id
from app.domain.job import ItemError, Job, JobId, JobItem, JobKind, Progress, new_job_id
from app.domain.keys import ApiKey
from app.domain.label import Classification, Prediction
from app.domain.metadata import Metadata, Place
from app.domain.upload import Upload
from app.domain.viewer import Role, User, UserId, Viewer
from app.ports.records import Records

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_457, tzinfo=UTC)
OWNER = UserId("user:owner")
OTHER = UserId("user:other")
BROKEN = ItemError(ErrorCode.CORRUPT, "The picture is truncated.")

DERIVED = Derived(
    thumbnail_bytes=(1_200, 9_400, 31_000),
    placeholder=Placeholder("1QcSHQRnh493V4dIh4eXh1h4kJUI", "LEHV6nWB2yk8", "data:image/jpeg;base64,/9j/", "#336699"),
    palette=("#336699", "#ffffff"),
    difference_hash="00ff00ff00ff00ff",
    metadata=Metadata(
        camera_make="Müller & Söhne",
        exposure_time_s=1 / 3,
        iso=400,
        taken_at="2026-02-28T08:15:00+01:00",
        orientation=6,
        place=Place(52.520008, 13.404954, None),
    ),
)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def make_user(name: str = "ada", role: Role = Role.EDITOR, **values: object) -> User:
    return User(**{"id": UserId(f"user:{name}"), "name": name, "role": role, "created_at": NOW, **values})


def viewer_of(user_id: UserId, role: Role = Role.EDITOR) -> Viewer:
    return Viewer(User(user_id, user_id, role, NOW))


OWNER_VIEWER = viewer_of(OWNER)
OTHER_VIEWER = viewer_of(OTHER)
ADMIN_VIEWER = viewer_of(UserId("user:admin"), Role.ADMIN)


def make_image(**values: object) -> Image:
    defaults = {
        "id": new_image_id(),
        "owner_id": OWNER,
        "title": "Harbour",
        "state": ImageState.READY,
        "format": ImageFormat.JPEG,
        "width": 4_000,
        "height": 3_000,
        "byte_size": 2_345_678,
        "sha256": secrets.token_hex(32),
        "frame_count": 1,
        "created_at": NOW,
    }
    return Image(**{**defaults, **values})


def make_flow(name: str = "harbours", **values: object) -> Flow:
    defaults = {
        "description": "Ships and cranes",
        "owner_id": OWNER,
        "is_public": True,
        "editor_ids": (),
        "storage": "local",
        "created_at": NOW,
    }
    return Flow(name=name, **{**defaults, **values})


def make_upload(**values: object) -> Upload:
    defaults = {
        "image_id": new_image_id(),
        "owner_id": OWNER,
        "format": ImageFormat.PNG,
        "byte_size": 1_000,
        "title": "Crane",
        "flows": ("harbours", "cranes"),
        "tags": ("steel", "sea"),
        "sha256": None,
        "client_type": "cli",
        "created_at": NOW,
        "expires_at": after(900),
    }
    return Upload(**{**defaults, **values})


def make_job(total: int = 1, **values: object) -> Job:
    defaults = {
        "id": new_job_id(),
        "kind": JobKind.UPLOADED,
        "owner_id": OWNER,
        "flows": ("harbours",),
        "client_type": None,
        "created_at": NOW,
        "progress": Progress(total),
    }
    return Job(**{**defaults, **values})


def make_items(job_id: JobId, count: int = 1) -> list[JobItem]:
    return [JobItem(job_id, position, new_image_id()) for position in range(count)]


def make_key(user_id: UserId, **values: object) -> ApiKey:
    defaults = {"id": secrets.token_hex(6), "name": "laptop", "sha256": secrets.token_hex(32), "created_at": NOW}
    return ApiKey(user_id=user_id, **{**defaults, **values})


def make_classification(image_id: ImageId, *names: str, score: float = 0.5, **values: object) -> Classification:
    """Return what a model says; each further name is a little less sure."""
    defaults = {
        "model": "kinds",
        "model_version": "1",
        "classified_at": NOW,
        "predictions": tuple(Prediction(name, score - place / 100) for place, name in enumerate(names)),
    }
    return Classification(image_id, **{**defaults, **values})


async def add_job(records: Records, count: int = 1, **values: object) -> tuple[Job, list[JobItem]]:
    """Keep a new job with queued items."""
    job = make_job(count, **values)
    items = make_items(job.id, count)
    await records.jobs.add(job, items)
    return job, items
