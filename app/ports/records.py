"""The database port: all records of one installation."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.flow import Flow, FlowChanges, FlowEvent
from app.domain.image import (
    Derived,
    Image,
    ImageChanges,
    ImageFilter,
    ImageId,
    ImageOrder,
)
from app.domain.job import (
    Claim,
    ItemError,
    Job,
    JobChanges,
    JobEvent,
    JobFilter,
    JobId,
    JobItem,
    JobKind,
    JobStep,
    QueueDepth,
)
from app.domain.keys import ApiKey
from app.domain.page import Page, PageRequest
from app.domain.upload import Upload, UploadMetrics
from app.domain.viewer import User, UserId, Viewer


class ImageRecords(Protocol):
    async def find(self, image_id: ImageId) -> Image | None: ...

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """Return those that exist."""
        ...

    async def find_by_sha256(self, owner_id: UserId, sha256: str) -> Image | None:
        """Return the owner's oldest image with these bytes that is not failed."""
        ...

    async def list(self, viewer: Viewer, filters: ImageFilter, order: ImageOrder, page: PageRequest) -> Page[Image]:
        """Return a page of what the viewer may see: public, own, or everything for an admin."""
        ...

    async def count(self, viewer: Viewer, filters: ImageFilter) -> int: ...

    async def add(self, image: Image, flows: Sequence[str]) -> Image:
        """Keep a new image and put it into the flows that exist; return what is kept.

        An image of that id that is there already is left as it is: the call is idempotent.
        """
        ...

    async def finish(self, image_id: ImageId, derived: Derived) -> None:
        """Keep what was made of the pixels and make the image READY; nothing when it is deleted."""
        ...

    async def update(self, image_id: ImageId, changes: ImageChanges) -> Image:
        """Raises: NotFound."""
        ...

    async def delete(self, image_ids: Sequence[ImageId]) -> None:
        """Forget the images and their places in flows; those that are not there are passed over."""
        ...


class FlowRecords(Protocol):
    async def find(self, name: str) -> Flow | None: ...

    async def find_many(self, names: Sequence[str]) -> Mapping[str, Flow]: ...

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Flow, ...]]:
        """Return the flows of each image, by name."""
        ...

    async def list(self, viewer: Viewer, search: str | None, page: PageRequest) -> Page[Flow]:
        """Return a page, by name, of the flows that the viewer may see and whose name holds `search`."""
        ...

    async def count(self, viewer: Viewer, search: str | None) -> int: ...

    async def add(self, flow: Flow) -> None:
        """Raises: Conflict when the name is taken."""
        ...

    async def add_missing(self, flows: Sequence[Flow]) -> None:
        """Keep those whose name is free; the others are left as they are."""
        ...

    async def update(self, name: str, changes: FlowChanges) -> Flow:
        """Raises: NotFound."""
        ...

    async def delete(self, name: str) -> None:
        """Forget the flow; its images stay. Raises: NotFound."""
        ...

    async def add_images(self, name: str, image_ids: Sequence[ImageId], at: datetime) -> None:
        """Put images into the flow; those that are there already stay where they are. Raises: NotFound."""
        ...

    async def remove_images(self, name: str, image_ids: Sequence[ImageId]) -> None: ...

    async def events(self, name: str, after: int, limit: int = 500) -> tuple[FlowEvent, ...]:
        """Return the log of a flow after a sequence number. No lower one can appear later.

        The newest 10,000 lines are kept: the first one here may be more than one behind `after`. Every image that
        is added to the flow, removed from it, or changed while in it has its line, written together with the change.
        """
        ...

    async def last_event(self, name: str) -> int:
        """Return the sequence number of the newest line of a flow's log; 0 when there is none."""
        ...


class UploadRecords(Protocol):
    async def find(self, image_id: ImageId) -> Upload | None: ...

    async def add(self, upload: Upload) -> None: ...

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


class JobRecords(Protocol):
    """Jobs, items and the event log.

    `claim.item.attempts` fences: a write under an older attempt raises LeaseLost. An image that is not READY follows
    its item: FAILED when the item fails or is cancelled, PROCESSING again when it is retried.
    """

    async def find(self, job_id: JobId) -> Job | None: ...

    async def find_many(self, job_ids: Sequence[JobId]) -> Mapping[JobId, Job]: ...

    async def list(self, filters: JobFilter, page: PageRequest) -> Page[Job]:
        """Return a page, newest first."""
        ...

    async def count(self, filters: JobFilter) -> int: ...

    async def add(self, job: Job, items: Sequence[JobItem]) -> None: ...

    async def items(self, job_ids: Sequence[JobId]) -> Mapping[JobId, tuple[JobItem, ...]]:
        """Return the items of each job, by position."""
        ...

    async def events(self, job_id: JobId, after: int = 0, limit: int = 500) -> tuple[JobEvent, ...]:
        """Return the log after a sequence number. No lower one can appear later."""
        ...

    async def open_jobs(self, owner_id: UserId) -> JobChanges:
        """Return a user's queued and running jobs, oldest first."""
        ...

    async def changed(self, owner_id: UserId, after: int, limit: int = 100) -> JobChanges:
        """Return the user's jobs that changed after a revision, as they are now. No lower one can appear later."""
        ...

    async def depth(self) -> QueueDepth: ...

    async def claim(self, now: datetime, lease_s: float, kinds: Collection[JobKind] = tuple(JobKind)) -> Claim | None:
        """Lease the oldest item of these kinds that is due to one caller, its job RUNNING then, with one more attempt.

        Items of UPLOADED jobs come before those of EXTERNAL and LOCAL ones: a person's upload before a backfill.
        """
        ...

    async def renew(self, claim: Claim, now: datetime, lease_s: float) -> None:
        """Raises: LeaseLost, also when the job was cancelled."""
        ...

    async def record_step(self, claim: Claim, step: JobStep, at: datetime) -> None:
        """Append an OK event. Raises: LeaseLost."""
        ...

    async def complete(self, claim: Claim, at: datetime) -> None:
        """Settle the item as COMPLETED with its DONE event, and the job when it was the last. Raises: LeaseLost."""
        ...

    async def fail(self, claim: Claim, step: JobStep, error: ItemError, at: datetime) -> None:
        """Settle the item as FAILED with its ERROR event, and the job when it was the last. Raises: LeaseLost."""
        ...

    async def put_back(self, claim: Claim, due: datetime, error: ItemError | None, at: datetime) -> None:
        """Queue the item again: with an error as another attempt, told by a RETRY event; without one, as if it
        had never been claimed. Raises: LeaseLost."""
        ...

    async def expire_leases(self, now: datetime) -> tuple[JobItem, ...]:
        """Queue items whose lease ran out, or settle as FAILED those that had their last attempt; return them all."""
        ...

    async def cancel(self, job_id: JobId, at: datetime) -> Job:
        """Cancel what is queued or running and end the log with an ERROR event CANCELLED.

        Raises:
            JobFinished: The job has ended; nothing changed.
            NotFound
        """
        ...

    async def retry(self, job_id: JobId, at: datetime) -> Job:
        """Queue the failed items anew, with all their attempts, each told by a RETRY event.

        Raises:
            JobFinished: No item has failed, or the job is still running; nothing changed.
            NotFound
        """
        ...


class UserRecords(Protocol):
    async def find_many(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]: ...

    async def find_by_name(self, name: str) -> User | None: ...

    async def add(self, user: User) -> None:
        """Raises: Conflict when the id or the name is taken."""
        ...

    async def find_key(self, key_id: str) -> tuple[ApiKey, User] | None: ...

    async def list_keys(self) -> tuple[tuple[ApiKey, User], ...]: ...

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
    def flows(self) -> FlowRecords: ...
    @property
    def uploads(self) -> UploadRecords: ...
    @property
    def jobs(self) -> JobRecords: ...
    @property
    def users(self) -> UserRecords: ...

    async def check(self) -> None:
        """Return when the database answers and can be written."""
        ...
