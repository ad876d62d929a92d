"""Settling: an item ends, its event is logged, and its job ends with the last of them."""

from datetime import datetime

from app.domain.error_code import ErrorCode
from app.domain.job import (
    MAX_LOSSES,
    Claim,
    EventKind,
    ItemError,
    JobId,
    JobItem,
    JobState,
    JobStep,
    final_state,
    rest_after_loss,
)
from app.records.sqlite.connection import Transaction
from app.records.sqlite.job_events import Line, append
from app.records.sqlite.job_rows import item_of
from app.records.sqlite.leases import HELD, write_held
from app.records.sqlite.rows import to_micros

_COMPLETE = f"""
UPDATE job_items SET state = 'COMPLETED', lease_until = NULL WHERE {HELD} RETURNING position
"""  # noqa: S608 - own text only

_FAIL = f"""
UPDATE job_items SET state = 'FAILED', error_code = ?, error_message = ?, lease_until = NULL
WHERE {HELD} RETURNING position
"""  # noqa: S608 - own text only

_COUNT = "UPDATE jobs SET done = done + ?, failed = failed + ? WHERE id = ? RETURNING total, done, failed, cancelled"

_EXPIRED = """
SELECT * FROM job_items WHERE state = 'RUNNING' AND lease_until < ? ORDER BY lease_until, job_id, position
"""

_REQUEUE = """
UPDATE job_items SET state = 'QUEUED', not_before = ?, lease_until = NULL, claimed_until = NULL
WHERE job_id = ? AND position = ? RETURNING *
"""

_GIVE_UP = """
UPDATE job_items SET state = 'FAILED', error_code = ?, error_message = ?, lease_until = NULL
WHERE job_id = ? AND position = ? RETURNING *
"""

_LOST = ItemError(ErrorCode.LEASE_LOST, "The worker of this item was lost.")


async def complete_item(transaction: Transaction, claim: Claim, at: datetime) -> None:
    await write_held(transaction, claim, _COMPLETE)
    is_last = await _settle(transaction, claim.item.job_id, JobState.COMPLETED, at)
    kind = EventKind.COMPLETED if is_last else EventKind.OK
    await append(transaction, claim.item.job_id, at, Line(JobStep.DONE, kind, claim.item))


async def fail_item(transaction: Transaction, claim: Claim, step: JobStep, error: ItemError, at: datetime) -> None:
    await write_held(transaction, claim, _FAIL, error.code, error.message)
    await _settle_failed(transaction, claim.item, Line(step, EventKind.ERROR, claim.item, error), at)


async def expire_items(transaction: Transaction, now: datetime, until: datetime) -> tuple[JobItem, ...]:
    """Queue or give up what lost its worker, and return it as it is then."""
    expired = await transaction.fetch(_EXPIRED, (to_micros(until),))
    settled = []
    for item in map(item_of, expired):
        if item.attempts < MAX_LOSSES:
            due = to_micros(now + rest_after_loss(item.attempts))
            [row] = await transaction.fetch(_REQUEUE, (due, item.job_id, item.position))
            await append(transaction, item.job_id, now, Line(JobStep.RETRY, EventKind.OK, item, _LOST))
            settled.append(item_of(row))
        else:
            settled.append(await _give_up(transaction, item, now))
    return tuple(settled)


async def _give_up(transaction: Transaction, item: JobItem, now: datetime) -> JobItem:
    error = ItemError(ErrorCode.TOO_MANY_ATTEMPTS, f"The item was given up after {item.attempts} attempts.")
    [row] = await transaction.fetch(_GIVE_UP, (error.code, error.message, item.job_id, item.position))
    await _settle_failed(transaction, item, Line(JobStep.RETRY, EventKind.ERROR, item, error), now)
    return item_of(row)


async def _settle_failed(transaction: Transaction, item: JobItem, line: Line, at: datetime) -> None:
    """Log the failure; a job of which another item was done ends with a line of its own."""
    is_last = await _settle(transaction, item.job_id, JobState.FAILED, at)
    await append(transaction, item.job_id, at, line)
    if is_last and await _has_done(transaction, item.job_id):
        await append(transaction, item.job_id, at, Line(JobStep.DONE, EventKind.COMPLETED))


async def _settle(transaction: Transaction, job_id: JobId, state: JobState, at: datetime) -> bool:
    """Count an item that ended; tell whether the job ended with it."""
    done, failed = int(state is JobState.COMPLETED), int(state is JobState.FAILED)
    [job] = await transaction.fetch(_COUNT, (done, failed, job_id))
    counts = {
        JobState.COMPLETED: job["done"],
        JobState.FAILED: job["failed"],
        JobState.CANCELLED: job["cancelled"],
    }
    if sum(counts.values()) < job["total"]:
        return False
    ended = final_state(tuple(state for state, count in counts.items() if count))
    await transaction.fetch("UPDATE jobs SET state = ?, finished_at = ? WHERE id = ?", (ended, to_micros(at), job_id))
    return True


async def _has_done(transaction: Transaction, job_id: JobId) -> bool:
    return await transaction.fetch_one("SELECT 1 FROM jobs WHERE id = ? AND done > 0", (job_id,)) is not None
