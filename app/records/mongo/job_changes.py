"""What changed among a user's jobs: numbered in the owner's document, and copied to the jobs from there.

A change is numbered after the job changed, by one write that cannot be overtaken, so no lower number appears later. A
crash in between leaves a debt of the job; paying it twice only tells of the job twice.
"""

from pymongo.errors import DuplicateKeyError

from app.domain.job import JobChanges, JobState
from app.domain.viewer import UserId
from app.records.mongo.collections import Collections
from app.records.mongo.debts import new_mark
from app.records.mongo.job_rows import JobRow, job_of
from app.records.mongo.tables import Update
from app.records.mongo.usage_rows import OwnerRow

MAX_CHANGES_INSIDE = 32
"""Changes in an owner's document before they are copied to the jobs."""

_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


async def fetch_open(collections: Collections, owner_id: UserId) -> JobChanges:
    """Return the open jobs, oldest first, and the revision of a moment before."""
    owner = await collections.owners.get(owner_id)
    query = {"owner_id": owner_id, "state": {"$in": list(_OPEN)}}
    rows = await collections.jobs.find(query, sort=[("created_at", 1), ("_id", 1)])
    return JobChanges(tuple(map(job_of, rows)), owner.revision if owner else 0)


async def fetch_changed(collections: Collections, owner_id: UserId, after: int, limit: int) -> JobChanges:
    """Return what changed after a revision, in the order of the changes.

    The owner is read first: a job that changes after that has a higher number, and comes later.
    """
    owner = await collections.owners.get(owner_id)
    if owner is None or owner.revision <= after:
        return JobChanges((), after)
    inside = numbers_inside(owner)
    numbered = await _fetch_copied(collections, owner, after, limit)
    newest = sorted((number, job_id) for job_id, number in inside.items() if number > after)[:limit]
    rows = await collections.jobs.find({"_id": {"$in": [job_id for _, job_id in newest]}})
    by_id = {row.id: row for row in rows}
    numbered += [(number, by_id[job_id]) for number, job_id in newest if job_id in by_id]
    numbered = numbered[:limit]
    return JobChanges(tuple(job_of(row) for _, row in numbered), numbered[-1][0] if numbered else after)


async def note_change(collections: Collections, owner_id: str, job_id: str) -> None:
    """Give a job that changed the next number among its owner's changes."""
    change = {"id": new_mark(), "job_id": job_id}
    update: Update = {"$push": {"changed": change}, "$inc": {"revision": 1}, "$setOnInsert": {"version": 0}}
    try:
        owner = await collections.owners.change({"_id": owner_id}, update, upsert=True)
    except DuplicateKeyError:  # another one just made the document
        owner = await collections.owners.change({"_id": owner_id}, update)
    if owner is not None and len(owner.changed) > MAX_CHANGES_INSIDE:
        await _copy(collections, owner)


def numbers_inside(owner: OwnerRow) -> dict[str, int]:
    """Return the newest number of each job that is in the owner's document."""
    copied = owner.revision - len(owner.changed)
    return {change.job_id: copied + place for place, change in enumerate(owner.changed, start=1)}


async def _fetch_copied(collections: Collections, owner: OwnerRow, after: int, limit: int) -> list[tuple[int, JobRow]]:
    copied = owner.revision - len(owner.changed)
    if after >= copied:
        return []
    query = {
        "owner_id": owner.id,
        "revision": {"$gt": after, "$lte": copied},
        "_id": {"$nin": list(numbers_inside(owner))},
    }
    rows = await collections.jobs.find(query, sort=[("revision", 1)], limit=limit)
    return [(row.revision, row) for row in rows]


async def _copy(collections: Collections, owner: OwnerRow) -> None:
    """Copy numbers to the jobs; who does so a second time changes nothing, since numbers only rise there."""
    for job_id, number in numbers_inside(owner).items():
        await collections.jobs.change({"_id": job_id}, {"$max": {"revision": number}})
    copied = {"id": {"$in": [change.id for change in owner.changed]}}
    await collections.owners.change({"_id": owner.id}, {"$pull": {"changed": copied}})
