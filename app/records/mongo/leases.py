"""Leases: an item belongs to one worker for a while, and what an older claim writes is refused.

A claim holds while its item is running under the same attempt. Attempts are counted anew by a retry and
one less by a put-back, so a claim from before is known also by ending before the one that holds the item.

The item is leased first, then its job started: after a crash in between the job starts with the next claim, when the
lease has run out.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.image import ImageState
from app.domain.job import PRIORITIES, Claim, EventKind, ItemError, JobKind, JobState, JobStep
from app.domain.origin import MAX_AT_ONE_HOST
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged
from app.records.mongo.image_changes import move_image
from app.records.mongo.job_debts import make_debt, owing, pay_job
from app.records.mongo.job_rows import DebtKind, ItemRow, JobRow, item_of, job_of
from app.records.mongo.settling import item_debt, settle_item, write_held
from app.records.mongo.tables import Update
from app.records.mongo.turns import serve_turn

_IN_TURN = [("turn", 1), ("not_before", 1), ("job_id", 1), ("position", 1)]


async def claim_item(collections: Collections, now: datetime, lease_s: float, kinds: Sequence[JobKind]) -> Claim | None:
    """Lease the item whose turn it is, of the first kind that has one."""
    lease_until = now + timedelta(seconds=lease_s)
    for kind in kinds:
        while item := await _lease_next(collections, PRIORITIES[kind], to_micros(now), to_micros(lease_until)):
            await serve_turn(collections, item.priority, item.turn)
            await settle_item(collections, item)
            job = await _start_job(collections, item.job_id, to_micros(now))
            if job is not None:
                return Claim(job_of(job), item_of(item), lease_until)
            await _cancel(collections, item)
    return None


async def _lease_next(collections: Collections, priority: int, now: int, lease_until: int) -> ItemRow | None:
    """Lease an item of a priority. Hosts are counted a moment before, so two at once may ask one too often."""
    due = {"state": JobState.QUEUED.value, "priority": priority, "not_before": {"$lte": now}}
    busy = await _busy_hosts(collections)
    query = {**due, "host": {"$nin": busy}} if busy else due
    leased = {"state": JobState.RUNNING.value, "lease_until": lease_until, "claimed_until": lease_until}
    return await collections.job_items.change(query, {"$set": leased, "$inc": {"attempts": 1}}, sort=_IN_TURN)


async def _busy_hosts(collections: Collections) -> list[str]:
    """Return the hosts at which as many items are running as may."""
    running = {"state": JobState.RUNNING.value, "host": {"$gt": ""}}
    rows = await collections.job_items.project(running, {"host": 1})
    counts = Counter(row["host"] for row in rows)
    return [host for host, count in counts.items() if count >= MAX_AT_ONE_HOST]


async def renew_lease(collections: Collections, claim: Claim, now: datetime, lease_s: float) -> None:
    lease_until = to_micros(now + timedelta(seconds=lease_s))
    await write_held(collections, claim, {"$set": {"lease_until": lease_until}})


async def record_step(collections: Collections, claim: Claim, step: JobStep, at: datetime) -> None:
    await write_held(collections, claim, {}, item_debt(at, step, EventKind.OK))


async def put_back(
    collections: Collections, claim: Claim, due: datetime, error: ItemError | None, at: datetime
) -> None:
    queued = {"state": JobState.QUEUED.value, "not_before": to_micros(due)}
    changes: Update = {"$set": {**queued, "lease_until": None, "claimed_until": None}}
    if error is None:
        await write_held(collections, claim, merged(changes, {"$inc": {"attempts": -1}}))
    else:
        await write_held(collections, claim, changes, item_debt(at, JobStep.RETRY, EventKind.OK, error))


async def _start_job(collections: Collections, job_id: str, at: int) -> JobRow | None:
    """Let a queued job run, and return it; None when it has ended: it was cancelled just now."""

    def start(job: JobRow) -> Update | None:
        if job.state is not JobState.QUEUED:
            return None
        started = {"state": JobState.RUNNING.value, "started_at": at if job.started_at is None else job.started_at}
        return merged({"$set": started}, owing(make_debt(DebtKind.CHANGED)))

    job = await collections.jobs.revise(job_id, start)
    if job is None or job.state.is_final:
        return None
    await pay_job(collections, job)
    return job


async def _cancel(collections: Collections, item: ItemRow) -> None:
    """Cancel an item that was leased while its job was being cancelled."""
    running = {"_id": item.id, "state": JobState.RUNNING.value, "attempts": item.attempts}
    cancelled = {"$set": {"state": JobState.CANCELLED.value, "lease_until": None}}
    row = await collections.job_items.change(running, cancelled)
    if row is not None and row.takes_in:
        await move_image(collections, row.image_id, ImageState.PROCESSING, ImageState.FAILED, _always)


async def _always() -> bool:
    return True
