"""Lines of a job's log: numbered without a gap, their times strictly rising.

Only one transaction writes at a time, so a number is seen only when every lower one can be seen.
"""

from dataclasses import dataclass
from datetime import datetime

from app.domain.image import ImageId
from app.domain.job import EventKind, ItemError, JobId, JobItem, JobStep
from app.records.sqlite.connection import Transaction
from app.records.sqlite.rows import to_micros

_LAST = """
WITH last (sequence, at) AS (
  SELECT coalesce(max(sequence), 0), coalesce(max(at), 0)
  FROM (SELECT sequence, at FROM job_events WHERE job_id = ?1 ORDER BY sequence DESC LIMIT 1)
)
INSERT INTO job_events (job_id, sequence, at, step, kind, position, image_id, error_code, error_message)
"""

_APPEND = f"{_LAST} SELECT ?1, sequence + 1, max(?2, at + 1), ?3, ?4, ?5, ?6, ?7, ?8 FROM last"  # noqa: S608 - own text only

_APPEND_RETRIES = f"""
{_LAST} SELECT ?1, last.sequence + row_number() OVER in_order, max(?2, last.at + 1) + row_number() OVER in_order - 1,
               ?3, ?4, position, image_id, error_code, error_message
FROM last CROSS JOIN job_items WHERE job_id = ?1 AND state = 'FAILED'
WINDOW in_order AS (ORDER BY position)
"""  # noqa: S608 - own text only


@dataclass(frozen=True, slots=True)
class Line:
    """What an event tells; without an item it is about the whole job."""

    step: JobStep
    kind: EventKind
    item: JobItem | None = None
    error: ItemError | None = None


async def append(transaction: Transaction, job_id: JobId, at: datetime, line: Line) -> None:
    """Append a line, a microsecond after the last one when `at` is not later."""
    position, image_id = _place(line.item)
    code, message = (line.error.code, line.error.message) if line.error else (None, None)
    values = (job_id, to_micros(at), line.step, line.kind, position, image_id, code, message)
    await transaction.fetch(_APPEND, values)


async def append_retries(transaction: Transaction, job_id: JobId, at: datetime) -> None:
    """Append a line for each failed item, with its error, by position."""
    await transaction.fetch(_APPEND_RETRIES, (job_id, to_micros(at), JobStep.RETRY, EventKind.OK))


def _place(item: JobItem | None) -> tuple[int | None, ImageId | None]:
    return (None, None) if item is None else (item.position, item.image_id)
