"""Jobs, items and events as rows."""

import sqlite3
from collections.abc import Sequence

from app.domain.image import ImageId
from app.domain.job import (
    PRIORITIES,
    EventKind,
    Job,
    JobEvent,
    JobId,
    JobItem,
    JobKind,
    JobState,
    JobStep,
    Progress,
)
from app.domain.viewer import UserId
from app.records.sqlite.connection import Value
from app.records.sqlite.rows import (
    error_of,
    from_json,
    from_micros,
    from_optional_micros,
    origin_of,
    origin_values,
    to_json,
    to_micros,
    to_optional_micros,
)

INSERT_JOB = """
INSERT INTO jobs (id, kind, owner_id, flows, client_type, created_at, state, started_at, finished_at,
                  total, done, failed, cancelled, input)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

INSERT_ITEM = """
INSERT INTO job_items (job_id, position, image_id, source, state, attempts, priority, error_code, error_message,
                       owner_id, turn, not_before, host, origin_url, origin_page_url)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def job_values(job: Job, items: Sequence[JobItem]) -> tuple[Value, ...]:
    """Return the parameters of INSERT_JOB; what is counted are the items."""
    states = [item.state for item in items]
    return (
        job.id,
        job.kind,
        job.owner_id,
        to_json(job.flows),
        job.client_type,
        to_micros(job.created_at),
        job.state,
        to_optional_micros(job.started_at),
        to_optional_micros(job.finished_at),
        len(items),
        states.count(JobState.COMPLETED),
        states.count(JobState.FAILED),
        states.count(JobState.CANCELLED),
        job.input,
    )


def item_values(item: JobItem, job: Job, turn: int) -> tuple[Value, ...]:
    """Return the parameters of INSERT_ITEM; the item is due from the time of its job."""
    error = (item.error.code, item.error.message) if item.error else (None, None)
    place = (item.job_id, item.position, item.image_id, item.source)
    state = (item.state, item.attempts, PRIORITIES[job.kind], *error)
    host = item.origin.host or None if item.origin else None
    return (*place, *state, job.owner_id, turn, to_micros(job.created_at), host, *origin_values(item.origin))


def job_of(row: sqlite3.Row) -> Job:
    return Job(
        id=JobId(row["id"]),
        kind=JobKind(row["kind"]),
        owner_id=UserId(row["owner_id"]),
        flows=from_json(row["flows"]),
        client_type=row["client_type"],
        created_at=from_micros(row["created_at"]),
        state=JobState(row["state"]),
        started_at=from_optional_micros(row["started_at"]),
        finished_at=from_optional_micros(row["finished_at"]),
        progress=Progress(row["total"], row["done"], row["failed"]),
        input=row["input"],
    )


def item_of(row: sqlite3.Row) -> JobItem:
    return JobItem(
        job_id=JobId(row["job_id"]),
        position=row["position"],
        image_id=ImageId(row["image_id"]),
        source=row["source"],
        origin=origin_of(row),
        state=JobState(row["state"]),
        attempts=row["attempts"],
        error=error_of(row),
    )


def event_of(row: sqlite3.Row) -> JobEvent:
    return JobEvent(
        job_id=JobId(row["job_id"]),
        sequence=row["sequence"],
        at=from_micros(row["at"]),
        step=JobStep(row["step"]),
        kind=EventKind(row["kind"]),
        position=row["position"],
        image_id=row["image_id"],
        error=error_of(row),
    )
