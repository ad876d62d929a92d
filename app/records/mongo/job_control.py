"""Stopping a whole job, and trying its failed items again.

The job changes first, with its log; its items follow as a debt. Meanwhile an item may still be claimed, or end: the
job's state decides, and the item follows it.
"""

from collections.abc import Callable
from datetime import datetime

from app.domain import policy
from app.domain.error_code import ErrorCode
from app.domain.errors import Busy, JobFinished
from app.domain.job import EventKind, ItemError, Job, JobId, JobState, JobStep
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged
from app.records.mongo.job_debts import ending, make_debt, owing, pay_job
from app.records.mongo.job_events import Line, append
from app.records.mongo.job_rows import DebtKind, JobRow, job_of
from app.records.mongo.rows import error_part
from app.records.mongo.tables import Update

_CANCELLED = ItemError(ErrorCode.CANCELLED, "The job was cancelled.")


async def cancel_job(collections: Collections, job_id: JobId, at: datetime) -> Job:
    def cancel(job: JobRow) -> Update:
        if job.state.is_final:
            raise JobFinished(f"The job {job_id} has ended: it is {job.state}.", field=("jobId",))
        _check_settled(job)
        now = to_micros(at)
        cancelled = job.total - job.done - job.failed
        ended = {"state": JobState.CANCELLED.value, "finished_at": now, "cancelled": cancelled}
        line = Line(JobStep.DONE, EventKind.ERROR, error=error_part(_CANCELLED))
        end = ending(now, JobState.CANCELLED, done=job.done, failed=job.failed)
        return merged({"$set": ended}, append(job, now, (line,)), owing(make_debt(DebtKind.CANCEL, now), end))

    return await _revise(collections, job_id, cancel)


async def retry_job(collections: Collections, job_id: JobId, at: datetime) -> Job:
    def retry(job: JobRow) -> Update:
        if not job.state.is_final:
            raise JobFinished(f"The job {job_id} is not to be retried: it is {job.state}.", field=("jobId",))
        if job.failed == 0:
            raise JobFinished(f"The job {job_id} has no failed item to retry.", field=("jobId",))
        _check_settled(job)
        queued = {"state": JobState.QUEUED.value, "finished_at": None, "failed": 0, "round": job.round + 1}
        requeue = make_debt(DebtKind.REQUEUE, to_micros(at)).model_copy(update={"round": job.round + 1})
        return merged({"$set": queued}, owing(requeue, make_debt(DebtKind.CHANGED)))

    return await _revise(collections, job_id, retry)


async def _revise(collections: Collections, job_id: JobId, plan: Callable[[JobRow], Update]) -> Job:
    before = await collections.jobs.get(job_id)
    if before is None:
        raise policy.no_job(job_id)
    await pay_job(collections, before)
    after = await collections.jobs.revise(job_id, plan)
    if after is None:
        raise policy.no_job(job_id)
    await pay_job(collections, after)
    return job_of(after)


def _check_settled(job: JobRow) -> None:
    """Raises: Busy, when somebody else cancels or retries the job just now."""
    if any(debt.kind in (DebtKind.CANCEL, DebtKind.REQUEUE) for debt in job.owed):
        raise Busy("The job is being cancelled or retried.")
