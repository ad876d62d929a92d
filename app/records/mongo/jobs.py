"""The job records in MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.backlog import Backlog
from app.domain.job import (
    BY_URGENCY,
    PRIORITIES,
    Claim,
    ItemError,
    Job,
    JobChanges,
    JobEvent,
    JobFilter,
    JobId,
    JobItem,
    JobKind,
    JobState,
    JobStep,
    QueueDepth,
)
from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId
from app.records.micros import from_micros
from app.records.mongo.collections import Collections
from app.records.mongo.job_changes import fetch_changed, fetch_open
from app.records.mongo.job_control import cancel_job, retry_job
from app.records.mongo.job_debts import make_debt, pay_job
from app.records.mongo.job_events import fetch_events
from app.records.mongo.job_rows import DebtKind, ItemRow, JobRow, item_of, item_rows, job_of, job_row
from app.records.mongo.leases import claim_item, put_back, record_step, renew_lease
from app.records.mongo.pages import Listing, fetch_page
from app.records.mongo.settling import complete_item, expire_items, fail_item
from app.records.mongo.turns import next_turn


@dataclass(frozen=True, slots=True)
class MongoJobs:
    collections: Collections

    async def find(self, job_id: JobId) -> Job | None:
        return (await self.find_many((job_id,))).get(job_id)

    async def find_many(self, job_ids: Sequence[JobId]) -> Mapping[JobId, Job]:
        jobs = map(job_of, await self.collections.jobs.find({"_id": {"$in": list(job_ids)}}))
        return {job.id: job for job in jobs}

    async def list(self, filters: JobFilter, page: PageRequest) -> Page[Job]:
        return await fetch_page(self.collections.jobs, await self._listing(filters), page, _jobs_of)

    async def count(self, filters: JobFilter) -> int:
        return await self.collections.jobs.count((await self._listing(filters)).query)

    async def add(self, job: Job, items: Sequence[JobItem]) -> None:
        await keep_job(self.collections, *await new_job_rows(self.collections, job, items))

    async def items(self, job_ids: Sequence[JobId]) -> Mapping[JobId, tuple[JobItem, ...]]:
        found: dict[JobId, list[JobItem]] = {job_id: [] for job_id in job_ids}
        query = {"job_id": {"$in": list(found)}}
        for row in await self.collections.job_items.find(query, sort=[("job_id", 1), ("position", 1)]):
            found[JobId(row.job_id)].append(item_of(row))
        return {job_id: tuple(items) for job_id, items in found.items()}

    async def events(self, job_id: JobId, after: int = 0, limit: int = 500) -> tuple[JobEvent, ...]:
        return await fetch_events(self.collections, job_id, after, limit)

    async def open_jobs(self, owner_id: UserId) -> JobChanges:
        return await fetch_open(self.collections, owner_id)

    async def changed(self, owner_id: UserId, after: int, limit: int = 100) -> JobChanges:
        return await fetch_changed(self.collections, owner_id, after, limit)

    async def depth(self) -> QueueDepth:
        queued = await self.collections.job_items.count({"state": JobState.QUEUED.value})
        return QueueDepth(queued, await self.collections.job_items.count({"state": JobState.RUNNING.value}))

    async def backlog(self, owner_id: UserId) -> Backlog:
        waiting = {"state": JobState.QUEUED.value}
        jobs = await self.collections.jobs.count(waiting)
        return Backlog(jobs, await self.collections.jobs.count({**waiting, "owner_id": owner_id}))

    async def oldest_due(self) -> datetime | None:
        queued = {"state": JobState.QUEUED.value}
        oldest = await self.collections.job_items.find_one(queued, sort=[("not_before", 1)])
        return None if oldest is None else from_micros(oldest.not_before)

    async def claim(self, now: datetime, lease_s: float, kinds: Sequence[JobKind] = BY_URGENCY) -> Claim | None:
        return await claim_item(self.collections, now, lease_s, kinds)

    async def renew(self, claim: Claim, now: datetime, lease_s: float) -> None:
        await renew_lease(self.collections, claim, now, lease_s)

    async def record_step(self, claim: Claim, step: JobStep, at: datetime) -> None:
        await record_step(self.collections, claim, step, at)

    async def complete(self, claim: Claim, at: datetime) -> None:
        await complete_item(self.collections, claim, at)

    async def fail(self, claim: Claim, step: JobStep, error: ItemError, at: datetime) -> None:
        await fail_item(self.collections, claim, step, error, at)

    async def put_back(self, claim: Claim, due: datetime, error: ItemError | None, at: datetime) -> None:
        await put_back(self.collections, claim, due, error, at)

    async def expire_leases(self, now: datetime, until: datetime | None = None) -> tuple[JobItem, ...]:
        return await expire_items(self.collections, now, until or now)

    async def cancel(self, job_id: JobId, at: datetime) -> Job:
        return await cancel_job(self.collections, job_id, at)

    async def retry(self, job_id: JobId, at: datetime) -> Job:
        return await retry_job(self.collections, job_id, at)

    async def _listing(self, filters: JobFilter) -> Listing:
        query: dict[str, Any] = {}
        if filters.image_id is not None:
            items = await self.collections.job_items.project({"image_id": filters.image_id}, {"job_id": 1})
            query["_id"] = {"$in": list({item["job_id"] for item in items})}
        if filters.owner_id is not None:
            query["owner_id"] = filters.owner_id
        if filters.states:
            query["state"] = {"$in": [state.value for state in filters.states]}
        if filters.kinds:
            query["kind"] = {"$in": [kind.value for kind in filters.kinds]}
        return Listing(query, "created_at", int, descending=True)


async def keep_job(collections: Collections, job: JobRow, items: Sequence[ItemRow]) -> None:
    """Keep a new job with its items; those that are there already are left as they are, so it may be done again.

    The items come first, and nobody can claim them; the job decides that they are there, and releases them. What a
    crash leaves before that is items without a job, which the healer removes.
    """
    await collections.job_items.insert_missing(items)
    await collections.jobs.insert(job)
    kept = await collections.jobs.get(job.id)
    if kept is not None:
        await pay_job(collections, kept)


async def new_job_rows(collections: Collections, job: Job, items: Sequence[JobItem]) -> tuple[JobRow, list[ItemRow]]:
    """Return the documents of a new job, which is to release its items, and of these."""
    owed = (make_debt(DebtKind.RELEASE), make_debt(DebtKind.CHANGED))
    turn = await next_turn(collections, PRIORITIES[job.kind], job.owner_id)
    return (
        job_row(collections.jobs.model, job, items, owed),
        item_rows(collections.job_items.model, items, job, turn),
    )


async def _jobs_of(rows: Sequence[JobRow]) -> list[Job]:
    return [job_of(row) for row in rows]
