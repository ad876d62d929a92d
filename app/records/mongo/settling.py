"""Settling: an item ends, its event is logged, and its job ends with the last of them.

An item changes together with a debt: the line of its job's log and, when it ended, that it is to be counted. The job
takes it by one write, with the line, the counts and, after the last item, its own end; so a job and its log always
agree. A job that was cancelled takes nothing any more: then the item becomes cancelled, too.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from app.domain.error_code import ErrorCode
from app.domain.errors import LeaseLost
from app.domain.image import ImageState
from app.domain.job import (
    MAX_LOSSES,
    Claim,
    EventKind,
    ItemError,
    JobItem,
    JobState,
    JobStep,
    final_state,
    rest_after_loss,
)
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged, new_mark, take
from app.records.mongo.image_changes import move_image
from app.records.mongo.job_debts import ending, make_debt, owing, pay_job, refuse
from app.records.mongo.job_events import Line, append
from app.records.mongo.job_rows import DebtKind, ItemDebt, ItemRow, JobRow, item_id, item_of
from app.records.mongo.rows import error_part
from app.records.mongo.tables import Update

_LOST = ItemError(ErrorCode.LEASE_LOST, "The worker of this item was lost.")


async def write_held(collections: Collections, claim: Claim, changes: Update, *debts: ItemDebt) -> ItemRow:
    """Change an item that a claim holds, and pay what follows.

    Raises:
        LeaseLost: The claim does not hold, or the job was cancelled.
    """
    item = claim.item
    held = {
        "_id": item_id(item.job_id, item.position),
        "state": JobState.RUNNING.value,
        "attempts": item.attempts,
        "claimed_until": {"$lte": to_micros(claim.lease_until)},
    }
    row = await collections.job_items.change(held, merged(changes, _owing(debts)))
    if row is None or not await settle_item(collections, row):
        raise LeaseLost(f"The lease of item {item.position} of {item.job_id} was lost.")
    return row


async def complete_item(collections: Collections, claim: Claim, at: datetime) -> None:
    debt = item_debt(at, JobStep.DONE, EventKind.OK, settles=JobState.COMPLETED)
    ended = {"$set": {"state": JobState.COMPLETED.value, "lease_until": None}}
    await write_held(collections, claim, ended, debt)


async def fail_item(collections: Collections, claim: Claim, step: JobStep, error: ItemError, at: datetime) -> None:
    debt = item_debt(at, step, EventKind.ERROR, error, settles=JobState.FAILED)
    await write_held(collections, claim, _failed(error), debt)


async def expire_items(collections: Collections, now: datetime, until: datetime) -> tuple[JobItem, ...]:
    """Queue or give up what lost its worker, and return it as it is then."""
    query = {"state": JobState.RUNNING.value, "lease_until": {"$lt": to_micros(until)}}
    expired = await collections.job_items.find(query, sort=[("lease_until", 1), ("job_id", 1), ("position", 1)])
    settled = []
    for item in expired:
        update = _requeued(item, now) if item.attempts < MAX_LOSSES else _given_up(item, now)
        lost = {"_id": item.id, "state": item.state, "attempts": item.attempts, "lease_until": item.lease_until}
        row = await collections.job_items.change(lost, update)
        if row is not None and await settle_item(collections, row):
            settled.append(item_of(row))
    return tuple(settled)


async def settle_item(collections: Collections, item: ItemRow) -> bool:
    """Pay what is owed for an item; False when its job was cancelled before."""
    outcomes = [await _settle(collections, item, debt) for debt in item.owed]
    return all(outcomes)


def item_debt(
    at: datetime, step: JobStep, kind: EventKind, error: ItemError | None = None, settles: JobState | None = None
) -> ItemDebt:
    return ItemDebt(id=new_mark(), at=to_micros(at), step=step, kind=kind, error=error_part(error), settles=settles)


async def _settle(collections: Collections, item: ItemRow, debt: ItemDebt) -> bool:
    async def is_owed() -> bool:
        return await collections.job_items.exists({"_id": item.id, "owed.id": debt.id})

    async def find_owed() -> Collection[str]:
        return (debt.id,) if await is_owed() else ()

    if item.takes_in and debt.settles is JobState.FAILED:
        await move_image(collections, item.image_id, ImageState.PROCESSING, ImageState.FAILED, is_owed)
    refused = False

    def count(job: JobRow, _: Sequence[str]) -> Update | None:
        nonlocal refused
        refused = job.state.is_final
        return None if refused else _count(job, item, debt)

    job = await take(collections.jobs, item.job_id, (debt.id,), find_owed, count)
    if job is None or refused:
        await refuse(collections, item, debt.id, ended=debt.settles is not None)
        return False
    forgotten = {"$pull": {"owed": {"id": debt.id}}}
    row = await collections.job_items.change({"_id": item.id, "owed.id": debt.id}, forgotten)
    await pay_job(collections, job, forget=(debt.id,))
    return row is not None or not await _is_cancelled(collections, item)


async def _is_cancelled(collections: Collections, item: ItemRow) -> bool:
    return await collections.job_items.exists({"_id": item.id, "state": JobState.CANCELLED.value})


def _count(job: JobRow, item: ItemRow, debt: ItemDebt) -> Update:
    """Return how a job changes by what happened to its item."""
    line = Line(debt.step, debt.kind, item.position, item.image_id, debt.error)
    if debt.settles is None:
        return append(job, debt.at, (line,))
    done = job.done + int(debt.settles is JobState.COMPLETED)
    failed = job.failed + int(debt.settles is JobState.FAILED)
    counts: Update = {"$set": {"done": done, "failed": failed}}
    if done + failed + job.cancelled < job.total:
        return merged(counts, append(job, debt.at, (line,)), owing(make_debt(DebtKind.CHANGED)))
    outcomes = {JobState.COMPLETED: done, JobState.FAILED: failed, JobState.CANCELLED: job.cancelled}
    state = final_state(tuple(state for state, count in outcomes.items() if count))
    end: Update = {"$set": {"state": state.value, "finished_at": debt.at}}
    owed = owing(ending(debt.at, state, done=done, failed=failed))
    return merged(counts, end, append(job, debt.at, _last_lines(line, done)), owed)


def _last_lines(line: Line, done: int) -> tuple[Line, ...]:
    """Return the end of a log: when something was done it is COMPLETED, by a line of its own if need be."""
    if line.kind is EventKind.OK:
        return (Line(line.step, EventKind.COMPLETED, line.position, line.image_id),)
    return (line, Line(JobStep.DONE, EventKind.COMPLETED)) if done else (line,)


def _requeued(item: ItemRow, now: datetime) -> Update:
    due = to_micros(now + rest_after_loss(item.attempts))
    queued = {"state": JobState.QUEUED.value, "not_before": due, "lease_until": None, "claimed_until": None}
    return merged({"$set": queued}, _owing((item_debt(now, JobStep.RETRY, EventKind.OK, _LOST),)))


def _given_up(item: ItemRow, now: datetime) -> Update:
    error = ItemError(ErrorCode.TOO_MANY_ATTEMPTS, f"The item was given up after {item.attempts} attempts.")
    debt = item_debt(now, JobStep.RETRY, EventKind.ERROR, error, settles=JobState.FAILED)
    return merged(_failed(error), _owing((debt,)))


def _failed(error: ItemError) -> Update:
    part = {"code": error.code.value, "message": error.message}
    return {"$set": {"state": JobState.FAILED.value, "error": part, "lease_until": None}}


def _owing(debts: Sequence[ItemDebt]) -> Update:
    if not debts:
        return {}
    return {"$push": {"owed": {"$each": [debt.model_dump(mode="json") for debt in debts]}}}
