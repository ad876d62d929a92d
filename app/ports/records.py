"""The database port: all records of one installation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.image import Image, ImageId
from app.domain.job import Job, JobItem
from app.domain.keys import ApiKey
from app.domain.quota import UNLIMITED, Quota, Usage
from app.domain.upload import Upload, UploadMetrics
from app.domain.viewer import User, UserId
from app.ports.audit_records import AuditRecords
from app.ports.edit_records import EditRecords
from app.ports.flow_records import FlowRecords
from app.ports.idempotency import IdempotencyRecords
from app.ports.image_records import ImageRecords
from app.ports.job_records import JobRecords
from app.ports.label_records import LabelRecords
from app.ports.outbox_records import OutboxRecords
from app.ports.replica_records import ReplicaRecords
from app.ports.share_records import ShareRecords
from app.ports.tag_records import TagRecords
from app.ports.webhook_records import WebhookRecords


class UploadRecords(Protocol):
    async def find(self, image_id: ImageId) -> Upload | None: ...

    async def add(self, upload: Upload, quota: Quota = UNLIMITED) -> None:
        """Keep a ticket, which counts against its owner's quota from then on, until it is completed or has expired.

        Raises:
            QuotaExceeded: It does not fit in at the time when it is made; nothing changed.
        """
        ...

    async def renew(self, image_id: ImageId, at: datetime, expires_at: datetime, quota: Quota = UNLIMITED) -> None:
        """Make an expired ticket count once more; nothing when there is none, or it has not expired or is completed.

        Raises:
            QuotaExceeded: It does not fit in any more; nothing changed.
        """
        ...

    async def usage(self, owner_id: UserId, at: datetime) -> Usage:
        """Return what a user has, and what tickets that have not expired then may add."""
        ...

    async def complete(self, image_id: ImageId, image: Image, flows: Sequence[str], job: Job, item: JobItem) -> Image:
        """Keep the image, its flows and its job, and bind the job to the upload, all at once; return what is kept.

        Raises:
            AlreadyCompleted: The upload has a job already; nothing changed.
            NotFound: There is no such upload.
        """
        ...

    async def delete(self, image_id: ImageId) -> None: ...

    async def delete_expired(self, before: datetime) -> Sequence[ImageId]:
        """Forget tickets that were never completed and expired before; return their ids."""
        ...

    async def add_metrics(self, metrics: UploadMetrics, at: datetime) -> None: ...


class UserRecords(Protocol):
    async def find_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]: ...

    async def find_by_name(self, name: str) -> User | None: ...

    async def add(self, user: User) -> None:
        """Raises: Conflict when the id or the name is taken."""
        ...

    async def put(self, user: User) -> None:
        """Keep the user, or the new name and role of the one of the same id.

        Raises:
            Conflict: Another user has the name; nothing changed.
        """
        ...

    async def find_key(self, key_id: str) -> tuple[ApiKey, User] | None: ...

    async def list_keys(self) -> tuple[tuple[ApiKey, User], ...]: ...

    async def keys_of(self, user_id: UserId) -> tuple[ApiKey, ...]:
        """Return all keys of a user, the oldest first."""
        ...

    async def put_key(self, key: ApiKey) -> None:
        """Keep the key, or replace the one of the same id."""
        ...

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        """Raises: NotFound."""
        ...


class Records(Protocol):
    """A database: all records of one installation."""

    @property
    def images(self) -> ImageRecords: ...
    @property
    def edits(self) -> EditRecords: ...
    @property
    def flows(self) -> FlowRecords: ...
    @property
    def uploads(self) -> UploadRecords: ...
    @property
    def jobs(self) -> JobRecords: ...
    @property
    def labels(self) -> LabelRecords: ...
    @property
    def tags(self) -> TagRecords: ...
    @property
    def users(self) -> UserRecords: ...
    @property
    def idempotency(self) -> IdempotencyRecords: ...
    @property
    def outbox(self) -> OutboxRecords: ...
    @property
    def webhooks(self) -> WebhookRecords: ...
    @property
    def shares(self) -> ShareRecords: ...
    @property
    def audit(self) -> AuditRecords: ...
    @property
    def replicas(self) -> ReplicaRecords: ...

    async def check(self) -> None:
        """Return when the database answers and can be written."""
        ...
