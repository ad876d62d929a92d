"""The job records in SQLite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.backlog import Backlog
from app.domain.job import (
    BY_URGENCY,
    Claim,
    ItemError,
    Job,
    JobChanges,
    JobEvent,
    JobFilter,
    JobId,
    JobItem,
    JobKind,
    JobStep,
    QueueDepth,
)
from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.job_changes import fetch_changed, fetch_open
from app.records.sqlite.job_control import cancel_job, retry_job
from app.records.sqlite.job_rows import (
    INSERT_ITEM,
    INSERT_JOB,
    event_of,
    item_of,
    item_values,
    job_of,
    job_values,
)
from app.records.sqlite.leases import claim_item, put_back, record_step, renew_lease
from app.records.sqlite.pages import Conditions, Listing, count_rows, fetch_page
from app.records.sqlite.rows import from_micros, to_json
from app.records.sqlite.settling import complete_item, expire_items, fail_item
from app.records.sqlite.turns import next_turn

_FIND = "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?))"

_ITEMS = """
SELECT job_items.* FROM json_each(?) AS asked CROSS JOIN job_items ON job_items.job_id = asked.value
ORDER BY asked.id, position
"""

_EVENTS = "SELECT * FROM job_events WHERE job_id = ? AND sequence > ? ORDER BY sequence LIMIT ?"

_DEPTH = """
SELECT 'queued' AS name, count(*) AS items FROM job_items WHERE state = 'QUEUED'
UNION ALL SELECT 'running', count(*) FROM job_items WHERE state = 'RUNNING'
"""

_BACKLOG = """
SELECT (SELECT count(*) FROM jobs INDEXED BY jobs_waiting WHERE state = 'QUEUED') AS jobs,
       (SELECT count(*) FROM jobs INDEXED BY jobs_waiting WHERE state = 'QUEUED' AND owner_id = ?) AS of_user
"""

_OLDEST_DUE = "SELECT min(not_before) AS due FROM job_items WHERE state = 'QUEUED'"


@dataclass(frozen=True, slots=True)
class SqliteJobs:
    database: Database

    async def find(self, job_id: JobId) -> Job | None:
        return (await self.find_many((job_id,))).get(job_id)

    async def find_many(self, job_ids: Sequence[JobId]) -> Mapping[JobId, Job]:
        jobs = [job_of(row) for row in await self.database.read(_FIND, (to_json(job_ids),))]
        return {job.id: job for job in jobs}

    async def list(self, filters: JobFilter, page: PageRequest) -> Page[Job]:
        return await fetch_page(self.database, "jobs.*", _listing(filters), page, job_of)

    async def count(self, filters: JobFilter) -> int:
        return await count_rows(self.database, _listing(filters))

    async def add(self, job: Job, items: Sequence[JobItem]) -> None:
        async with self.database.transaction() as transaction:
            await insert_job(transaction, job, items)

    async def items(self, job_ids: Sequence[JobId]) -> Mapping[JobId, tuple[JobItem, ...]]:
        asked = dict.fromkeys(job_ids)
        found: dict[JobId, list[JobItem]] = {job_id: [] for job_id in asked}
        for row in await self.database.read(_ITEMS, (to_json(asked),)):
            found[row["job_id"]].append(item_of(row))
        return {job_id: tuple(items) for job_id, items in found.items()}

    async def events(self, job_id: JobId, after: int = 0, limit: int = 500) -> tuple[JobEvent, ...]:
        return tuple(event_of(row) for row in await self.database.read(_EVENTS, (job_id, after, limit)))

    async def open_jobs(self, owner_id: UserId) -> JobChanges:
        return await fetch_open(self.database, owner_id)

    async def changed(self, owner_id: UserId, after: int, limit: int = 100) -> JobChanges:
        return await fetch_changed(self.database, owner_id, after, limit)

    async def depth(self) -> QueueDepth:
        return QueueDepth(**{row["name"]: row["items"] for row in await self.database.read(_DEPTH)})

    async def backlog(self, owner_id: UserId) -> Backlog:
        [row] = await self.database.read(_BACKLOG, (owner_id,))
        return Backlog(row["jobs"], row["of_user"])

    async def oldest_due(self) -> datetime | None:
        [row] = await self.database.read(_OLDEST_DUE)
        return None if row["due"] is None else from_micros(row["due"])

    async def claim(self, now: datetime, lease_s: float, kinds: Sequence[JobKind] = BY_URGENCY) -> Claim | None:
        async with self.database.transaction() as transaction:
            return await claim_item(transaction, now, lease_s, kinds)

    async def renew(self, claim: Claim, now: datetime, lease_s: float) -> None:
        async with self.database.transaction() as transaction:
            await renew_lease(transaction, claim, now, lease_s)

    async def record_step(self, claim: Claim, step: JobStep, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            await record_step(transaction, claim, step, at)

    async def complete(self, claim: Claim, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            await complete_item(transaction, claim, at)

    async def fail(self, claim: Claim, step: JobStep, error: ItemError, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            await fail_item(transaction, claim, step, error, at)

    async def put_back(self, claim: Claim, due: datetime, error: ItemError | None, at: datetime) -> None:
        async with self.database.transaction() as transaction:
            await put_back(transaction, claim, due, error, at)

    async def expire_leases(self, now: datetime, until: datetime | None = None) -> tuple[JobItem, ...]:
        async with self.database.transaction() as transaction:
            return await expire_items(transaction, now, until or now)

    async def cancel(self, job_id: JobId, at: datetime) -> Job:
        async with self.database.transaction() as transaction:
            return await cancel_job(transaction, job_id, at)

    async def retry(self, job_id: JobId, at: datetime) -> Job:
        async with self.database.transaction() as transaction:
            return await retry_job(transaction, job_id, at)


async def insert_job(transaction: Transaction, job: Job, items: Sequence[JobItem]) -> None:
    """Keep a job with its items, which take one turn after the other."""
    await transaction.fetch(INSERT_JOB, job_values(job, items))
    turn = await next_turn(transaction, job)
    await transaction.execute_many(INSERT_ITEM, [item_values(item, job, turn + n) for n, item in enumerate(items)])


def _listing(filters: JobFilter) -> Listing:
    """Return the jobs that pass the filter; a unary plus leaves the index to a part that leaves fewer rows."""
    where = Conditions()
    if filters.image_id is not None:
        where.add("jobs.id IN (SELECT job_id FROM job_items WHERE image_id = ?)", filters.image_id)
    if filters.owner_id is not None:
        plus = "+" if filters.image_id is not None else ""
        where.add(f"{plus}jobs.owner_id = ?", filters.owner_id)
    if len(filters.states) == 1 and not where.clauses:
        where.add("jobs.state = ?", filters.states[0])
    elif filters.states:
        where.add_any("+jobs.state", filters.states)
    if filters.kinds:
        where.add_any("jobs.kind", filters.kinds)
    return Listing("jobs", where, value="jobs.created_at", row_id="jobs.id", value_type=int, descending=True)
