"""The job: a list of items that are worked off under leases, and the log of what happened."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError
from app.domain.image import ImageId
from app.domain.origin import Origin
from app.domain.viewer import UserId

JobId = NewType("JobId", str)
"""`job:` and 32 lower-case hex digits: 128 random bits, so knowing an id may serve as permission."""

MAX_ITEMS = 10_000
MAX_ATTEMPTS = 5
MAX_LOSSES = 10
"""Attempts after which an item is given up that lost its worker each time. More than of errors: pictures are decoded in
processes of their own, so that a worker dies is seldom the fault of what it works on."""
MAX_REST = timedelta(seconds=30)

_ID = re.compile(r"job:[0-9a-f]{32}")


class JobKind(StrEnum):
    """The first three take images in; the others work on images that are here. EDIT makes copies of them, too."""

    UPLOADED = "UPLOADED"
    EXTERNAL = "EXTERNAL"
    LOCAL = "LOCAL"
    EDIT = "EDIT"
    CLASSIFY = "CLASSIFY"
    TRANSFORM = "TRANSFORM"

    @property
    def takes_in(self) -> bool:
        """Whether the state of an image follows that of its item."""
        return self in (JobKind.UPLOADED, JobKind.EXTERNAL, JobKind.LOCAL, JobKind.EDIT)


PRIORITIES = {
    JobKind.EDIT: -1,
    JobKind.UPLOADED: 0,
    JobKind.EXTERNAL: 1,
    JobKind.LOCAL: 2,
    JobKind.CLASSIFY: 5,
    JobKind.TRANSFORM: 9,
}
"""The most urgent kind of work first: somebody waits for an edit or an upload, nobody for a backfill.

No two kinds share one."""

BY_URGENCY = tuple(sorted(JobKind, key=PRIORITIES.__getitem__))


class JobState(StrEnum):
    """Of a job; an item is never FAILED_PARTIAL."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    FAILED_PARTIAL = "FAILED_PARTIAL"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        return self not in (JobState.QUEUED, JobState.RUNNING)


class JobStep(StrEnum):
    """What an event tells about: bytes are here; plugins were asked; derived things are made; all is kept; the end;
    another attempt."""

    FETCH = "FETCH"
    PLUGIN = "PLUGIN"
    TRANSFORM = "TRANSFORM"
    PERSIST = "PERSIST"
    DONE = "DONE"
    RETRY = "RETRY"


class EventKind(StrEnum):
    """COMPLETED is the last event of a job in which at least one item was done."""

    OK = "OK"
    ERROR = "ERROR"
    COMPLETED = "COMPLETED"


@dataclass(frozen=True, slots=True)
class ItemError:
    code: ErrorCode
    message: str

    @classmethod
    def of(cls, error: DomainError) -> "ItemError":
        return cls(error.code, error.message)


@dataclass(frozen=True, slots=True)
class JobItem:
    """One image of a job. `position` counts from 0; `source` is a local path for LOCAL, `origin` is for EXTERNAL."""

    job_id: JobId
    position: int
    image_id: ImageId
    source: str | None = None
    origin: Origin | None = None
    state: JobState = JobState.QUEUED
    attempts: int = 0
    error: ItemError | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Items in all, done and failed; a cancelled item is neither."""

    total: int
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Work on images. `input` is what its kind is told beside them: the text of a JSON object."""

    id: JobId
    kind: JobKind
    owner_id: UserId
    flows: tuple[str, ...]
    client_type: str | None
    created_at: datetime
    state: JobState = JobState.QUEUED
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: Progress = Progress(0)
    input: str | None = None


@dataclass(frozen=True, slots=True)
class JobChanges:
    """Some jobs of one user as they are now, and the revision up to which all that changed is among them."""

    jobs: tuple[Job, ...]
    revision: int


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many items of all jobs wait, and how many are leased."""

    queued: int
    running: int


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's log.

    Attributes:
        sequence: Its place in the log: 1, 2, 3 … without a gap.
        at: Strictly rising within a job, by at least a microsecond.
        position: The item that it tells about; None when it is about the whole job.
    """

    job_id: JobId
    sequence: int
    at: datetime
    step: JobStep
    kind: EventKind
    position: int | None = None
    image_id: ImageId | None = None
    error: ItemError | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased item with its job. `item.attempts` is the fencing token of every write under the lease."""

    job: Job
    item: JobItem
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class JobFilter:
    owner_id: UserId | None = None
    kinds: tuple[JobKind, ...] = ()
    states: tuple[JobState, ...] = ()
    image_id: ImageId | None = None


def rest_after_loss(attempts: int) -> timedelta:
    """Return how long an item rests that lost its worker: not at all the first time, then longer each time.

    Where workers die again and again, others have their turn meanwhile, and the next death finds it seldom in work.
    """
    return min(MAX_REST, timedelta(seconds=2 ** (attempts - 1))) if attempts > 1 else timedelta()


def new_job_id() -> JobId:
    return JobId(f"job:{secrets.token_hex(16)}")


def is_job_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def final_state(states: tuple[JobState, ...]) -> JobState:
    """Return how a job ended, from the final states of its items.

    Cancelled wins over everything but a job whose items were all settled before.
    """
    present = set(states)
    if JobState.CANCELLED in present:
        return JobState.CANCELLED
    if present == {JobState.COMPLETED}:
        return JobState.COMPLETED
    return JobState.FAILED if present == {JobState.FAILED} else JobState.FAILED_PARTIAL
