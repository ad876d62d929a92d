"""Lines of a job's log: appended to in the job's own document, numbered without a gap, their times strictly rising.

A line is numbered by the write that appends it, so it is seen only when every lower one can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.job import EventKind, JobEvent, JobId, JobStep
from app.records.mongo.collections import Collections
from app.records.mongo.job_rows import JobEventRow, JobLine, JobRow, event_of
from app.records.mongo.rows import ErrorPart
from app.records.mongo.tables import Update

MAX_LINES_INSIDE = 32
"""Lines in a job's document before they are made documents of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """What an event tells; without an item it is about the whole job."""

    step: JobStep
    kind: EventKind
    position: int | None = None
    image_id: str | None = None
    error: ErrorPart | None = None


def append(row: JobRow, at: int, lines: Sequence[Line]) -> Update:
    """Return the part of an update that appends lines, each a microsecond after the last one when `at` is not later."""
    first = max(at, row.last_at + 1)
    numbered = [
        JobLine(
            sequence=row.last_event + place + 1,
            at=first + place,
            step=line.step,
            kind=line.kind,
            position=line.position,
            image_id=line.image_id,
            error=line.error,
        )
        for place, line in enumerate(lines)
    ]
    return {
        "$set": {"last_event": row.last_event + len(lines), "last_at": first + len(lines) - 1},
        "$push": {"lines": {"$each": [line.model_dump(mode="json") for line in numbered]}},
    }


async def fetch_events(collections: Collections, job_id: JobId, after: int, limit: int) -> tuple[JobEvent, ...]:
    """Return the lines after a sequence number.

    The job is read first: what is spilled after that is here twice, not missing.
    """
    row = await collections.jobs.get(job_id)
    if row is None:
        return ()
    events = [event_of(job_id, line) for line in row.lines if line.sequence > after]
    spilled = row.last_event - len(row.lines)
    if after < spilled:
        query = {"job_id": job_id, "sequence": {"$gt": after, "$lte": spilled}}
        rows = await collections.job_events.find(query, sort=[("sequence", 1)], limit=limit)
        events = [*(event_of(job_id, each) for each in rows), *events]
    return tuple(events[:limit])


async def spill(collections: Collections, row: JobRow | None) -> None:
    """Make documents of the lines inside a job, when there are many. After a crash some are both: no difference."""
    if row is None or len(row.lines) <= MAX_LINES_INSIDE:
        return
    model = collections.job_events.model
    await collections.job_events.insert_missing(_row_of(model, row.id, line) for line in row.lines)
    spilled = {"sequence": {"$lte": row.lines[-1].sequence}}
    await collections.jobs.change({"_id": row.id}, {"$pull": {"lines": spilled}})


def _row_of(model: type[JobEventRow], job_id: str, line: JobLine) -> JobEventRow:
    return model(id=f"{job_id}/{line.sequence}", job_id=job_id, **line.model_dump())
