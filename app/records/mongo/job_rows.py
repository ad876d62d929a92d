"""Jobs, items and events as documents."""

from collections.abc import Sequence
from enum import StrEnum

from pymongo import ASCENDING, IndexModel

from app.domain.image import ImageId
from app.domain.job import PRIORITIES, EventKind, Job, JobEvent, JobId, JobItem, JobKind, JobState, JobStep, Progress
from app.domain.viewer import UserId
from app.domain.webhook import WebhookEvent
from app.records.micros import from_micros, from_optional_micros, now_micros, to_micros, to_optional_micros
from app.records.mongo.rows import ErrorPart, OriginPart, Part, error_of, error_part, origin_of, origin_part
from app.records.mongo.tables import Payee, Row

STAGED = "STAGED"
"""The state of a queued item whose job is not there yet: nobody can claim it."""


class JobLine(Part):
    sequence: int
    at: int
    step: JobStep
    kind: EventKind
    position: int | None = None
    image_id: str | None = None
    error: ErrorPart | None = None


class DebtKind(StrEnum):
    """RELEASE the items to be claimed; CANCEL those that have not ended; REQUEUE those that failed; or tell who watches
    that the job CHANGED."""

    RELEASE = "RELEASE"
    CANCEL = "CANCEL"
    REQUEUE = "REQUEUE"
    CHANGED = "CHANGED"


class JobDebt(Part):
    """What must still follow a change of the job.

    Attributes:
        at: When the job changed, microseconds.
        event: What webhooks are told, with `done` and `failed` items as they were then.
        round: In which the failed items are queued.
    """

    id: str
    at: int
    kind: DebtKind
    round: int = 0
    event: WebhookEvent | None = None
    done: int = 0
    failed: int = 0


class JobRow(Payee):
    """Attributes:
    revision: The place of its newest change among its owner's; later ones may be in the owner's document.
    round: How often its failed items were tried anew.
    last_event: The number of the newest line of the log; `last_at` is its time.
    lines: The newest lines; older ones are documents of their own.
    """

    kind: JobKind
    owner_id: str
    flows: list[str]
    client_type: str | None
    created_at: int
    state: JobState
    started_at: int | None = None
    finished_at: int | None = None
    total: int
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    input: str | None = None
    revision: int = 0
    round: int = 0
    last_event: int = 0
    last_at: int = 0
    lines: list[JobLine] = []
    owed: list[JobDebt] = []

    class Settings:
        name = "jobs"
        indexes = [
            IndexModel([(field, ASCENDING) for field in fields])
            for fields in (
                ("created_at", "_id"),
                ("owner_id", "created_at", "_id"),
                ("owner_id", "state", "created_at", "_id"),
                ("state", "created_at", "_id"),
                ("kind", "created_at", "_id"),
                ("owner_id", "revision"),
                ("owed.at",),
            )
        ]


class ItemDebt(Part):
    """What must still follow a change of the item.

    Attributes:
        at: When the item changed, microseconds.
        step, kind, error: The line of the job's log.
        settles: How the item ended, if it did: it is counted by its job then.
    """

    id: str
    at: int
    step: JobStep
    kind: EventKind
    error: ErrorPart | None = None
    settles: JobState | None = None


class ItemRow(Row):
    """Attributes:
    takes_in: Whether the state of the image follows that of the item.
    lease_until: Moves with every renewal; `claimed_until` is what it was when the item was claimed.
    turn: By which items of the same priority are claimed; `host` is who will be asked for the bytes.
    round: In which of its job's rounds it was queued.
    """

    job_id: str
    position: int
    image_id: str
    source: str | None = None
    origin: OriginPart | None = None
    state: str
    attempts: int = 0
    priority: int
    takes_in: bool
    error: ErrorPart | None = None
    not_before: int
    lease_until: int | None = None
    claimed_until: int | None = None
    owner_id: str = ""
    turn: int = 0
    host: str | None = None
    round: int = 0
    owed: list[ItemDebt] = []

    class Settings:
        name = "job_items"
        indexes = [
            IndexModel([(field, ASCENDING) for field in fields])
            for fields in (
                ("state", "priority", "turn", "not_before", "job_id", "position"),
                ("state", "not_before"),
                ("state", "host"),
                ("owner_id", "priority", "state", "turn"),
                ("state", "lease_until", "job_id", "position"),
                ("job_id", "position"),
                ("job_id", "state", "position"),
                ("image_id", "job_id"),
                ("owed.at",),
                ("job_id", "owed.at"),
            )
        ]


class JobEventRow(Row):
    """An older line of a job's log; its id is made of both, so there is one of each number."""

    job_id: str
    sequence: int
    at: int
    step: JobStep
    kind: EventKind
    position: int | None = None
    image_id: str | None = None
    error: ErrorPart | None = None

    class Settings:
        name = "job_events"
        indexes = [IndexModel([("job_id", ASCENDING), ("sequence", ASCENDING)])]


def job_row(model: type[JobRow], job: Job, items: Sequence[JobItem], owed: Sequence[JobDebt]) -> JobRow:
    """Return the document of a new job; what is counted are the items."""
    states = [item.state for item in items]
    return model(
        id=job.id,
        kind=job.kind,
        owner_id=job.owner_id,
        flows=list(job.flows),
        client_type=job.client_type,
        created_at=to_micros(job.created_at),
        state=job.state,
        started_at=to_optional_micros(job.started_at),
        finished_at=to_optional_micros(job.finished_at),
        total=len(items),
        done=states.count(JobState.COMPLETED),
        failed=states.count(JobState.FAILED),
        cancelled=states.count(JobState.CANCELLED),
        input=job.input,
        owed=list(owed),
    )


class ServedRow(Row):
    """The newest turn of a priority of which an item was claimed. Its id is the priority."""

    turn: int

    class Settings:
        name = "served_turns"


def item_rows(model: type[ItemRow], items: Sequence[JobItem], job: Job, turn: int) -> list[ItemRow]:
    """Return the documents of new items, which take one turn after the other."""
    return [_item_row(model, item, job, turn + place) for place, item in enumerate(items)]


def _item_row(model: type[ItemRow], item: JobItem, job: Job, turn: int) -> ItemRow:
    """Return the document of a new item, which is due from the time of its job, and until it is released since now."""
    is_staged = item.state is JobState.QUEUED
    return model(
        id=item_id(item.job_id, item.position),
        job_id=item.job_id,
        position=item.position,
        image_id=item.image_id,
        source=item.source,
        origin=origin_part(item.origin),
        state=STAGED if is_staged else item.state.value,
        attempts=item.attempts,
        priority=PRIORITIES[job.kind],
        takes_in=job.kind.takes_in,
        error=error_part(item.error),
        not_before=now_micros() if is_staged else to_micros(job.created_at),
        owner_id=job.owner_id,
        turn=turn,
        host=item.origin.host or None if item.origin else None,
    )


def item_id(job_id: str, position: int) -> str:
    return f"{job_id}/{position:05d}"


def job_of(row: JobRow) -> Job:
    return Job(
        id=JobId(row.id),
        kind=row.kind,
        owner_id=UserId(row.owner_id),
        flows=tuple(row.flows),
        client_type=row.client_type,
        created_at=from_micros(row.created_at),
        state=row.state,
        started_at=from_optional_micros(row.started_at),
        finished_at=from_optional_micros(row.finished_at),
        progress=Progress(row.total, row.done, row.failed),
        input=row.input,
    )


def item_of(row: ItemRow) -> JobItem:
    return JobItem(
        job_id=JobId(row.job_id),
        position=row.position,
        image_id=ImageId(row.image_id),
        source=row.source,
        origin=origin_of(row.origin),
        state=JobState.QUEUED if row.state == STAGED else JobState(row.state),
        attempts=row.attempts,
        error=error_of(row.error),
    )


def event_of(job_id: str, line: JobLine | JobEventRow) -> JobEvent:
    return JobEvent(
        job_id=JobId(job_id),
        sequence=line.sequence,
        at=from_micros(line.at),
        step=line.step,
        kind=line.kind,
        position=line.position,
        image_id=None if line.image_id is None else ImageId(line.image_id),
        error=error_of(line.error),
    )
