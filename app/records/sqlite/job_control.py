"""Stopping a whole job, and trying its failed items again."""

from datetime import datetime

from app.domain import policy
from app.domain.error_code import ErrorCode
from app.domain.errors import JobFinished
from app.domain.job import EventKind, ItemError, Job, JobId, JobStep
from app.records.sqlite.connection import Transaction
from app.records.sqlite.job_events import Line, append, append_retries
from app.records.sqlite.job_rows import job_of
from app.records.sqlite.rows import to_micros
from app.records.sqlite.turns import next_turn

_CANCEL_ITEMS = """
UPDATE job_items SET state = 'CANCELLED', lease_until = NULL WHERE job_id = ? AND +state IN ('QUEUED', 'RUNNING')
"""

_CANCEL_JOB = """
UPDATE jobs SET state = 'CANCELLED', finished_at = ?, cancelled = total - done - failed WHERE id = ? RETURNING *
"""

_RETRY_ITEMS = """
UPDATE job_items SET state = 'QUEUED', attempts = 0, error_code = NULL, error_message = NULL, not_before = ?2,
                     claimed_until = NULL, turn = ?3 + failed.place
FROM (
  SELECT position AS failed_position, row_number() OVER (ORDER BY position) - 1 AS place
  FROM job_items WHERE job_id = ?1 AND +state = 'FAILED'
) AS failed
WHERE job_id = ?1 AND position = failed_position
"""

_RETRY_JOB = "UPDATE jobs SET state = 'QUEUED', finished_at = NULL, failed = 0 WHERE id = ? RETURNING *"

_CANCELLED = ItemError(ErrorCode.CANCELLED, "The job was cancelled.")


async def cancel_job(transaction: Transaction, job_id: JobId, at: datetime) -> Job:
    job = await _get(transaction, job_id)
    if job.state.is_final:
        raise JobFinished(f"The job {job_id} has ended: it is {job.state}.", field=("jobId",))
    await transaction.fetch(_CANCEL_ITEMS, (job_id,))
    [row] = await transaction.fetch(_CANCEL_JOB, (to_micros(at), job_id))
    await append(transaction, job_id, at, Line(JobStep.DONE, EventKind.ERROR, error=_CANCELLED))
    return job_of(row)


async def retry_job(transaction: Transaction, job_id: JobId, at: datetime) -> Job:
    job = await _get(transaction, job_id)
    if not job.state.is_final:
        raise JobFinished(f"The job {job_id} is not to be retried: it is {job.state}.", field=("jobId",))
    if job.progress.failed == 0:
        raise JobFinished(f"The job {job_id} has no failed item to retry.", field=("jobId",))
    await append_retries(transaction, job_id, at)
    await transaction.fetch(_RETRY_ITEMS, (job_id, to_micros(at), await next_turn(transaction, job)))
    [row] = await transaction.fetch(_RETRY_JOB, (job_id,))
    return job_of(row)


async def _get(transaction: Transaction, job_id: JobId) -> Job:
    row = await transaction.fetch_one("SELECT * FROM jobs WHERE id = ?", (job_id,))
    if row is None:
        raise policy.no_job(job_id)
    return job_of(row)
