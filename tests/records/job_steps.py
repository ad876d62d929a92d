"""Small moves that the job suites are told in."""

from datetime import datetime, timedelta
from itertools import pairwise

from record_factories import BROKEN, NOW, make_job

from app.domain.image import Image, ImageId
from app.domain.job import Claim, Job, JobEvent, JobId, JobItem, JobState, JobStep
from app.ports.records import Records

LEASE_S = 30.0
LOST_AFTER = timedelta(seconds=LEASE_S + 1)

Line = tuple[str, str, int | None, str | None]
"""What an event tells: step, kind, position, error code."""


async def claim_item(records: Records, now: datetime = NOW) -> Claim:
    claim = await records.jobs.claim(now, LEASE_S)
    assert claim is not None
    return claim


async def claim_and_complete(records: Records, now: datetime = NOW) -> Claim:
    claim = await claim_item(records, now)
    await records.jobs.complete(claim, now)
    return claim


async def claim_and_fail(records: Records, now: datetime = NOW) -> Claim:
    claim = await claim_item(records, now)
    await records.jobs.fail(claim, JobStep.TRANSFORM, BROKEN, now)
    return claim


async def lose_item(records: Records, at: datetime) -> tuple[JobItem, ...]:
    """Claim an item, let its lease run out, and return what expired: the worker has died."""
    await claim_item(records, at)
    return await records.jobs.expire_leases(at + LOST_AFTER)


async def add_job_of(records: Records, *images: Image, **values: object) -> Job:
    """Keep images in the flow `harbours`, when it is there, and a new job with an item for each."""
    for image in images:
        await records.images.add(image, ("harbours",))
    job = make_job(len(images), **values)
    await records.jobs.add(job, [JobItem(job.id, position, image.id) for position, image in enumerate(images)])
    return job


async def fail_item_of(records: Records, image_id: ImageId) -> Job:
    """Let the item of the image fail in a job of its own; nothing else may be due."""
    job = make_job()
    await records.jobs.add(job, [JobItem(job.id, 0, image_id)])
    claim = await claim_and_fail(records)
    assert claim.item.image_id == image_id
    return job


async def get_job(records: Records, job_id: JobId) -> Job:
    job = await records.jobs.find(job_id)
    assert job is not None
    return job


async def get_items(records: Records, job_id: JobId) -> tuple[JobItem, ...]:
    return (await records.jobs.items((job_id,)))[job_id]


async def item_states(records: Records, job_id: JobId) -> list[tuple[JobState, int]]:
    """Return state and attempts of each item."""
    return [(item.state, item.attempts) for item in await get_items(records, job_id)]


def line_of(event: JobEvent) -> Line:
    return event.step.value, event.kind.value, event.position, event.error.code.value if event.error else None


async def log_of(records: Records, job_id: JobId) -> list[Line]:
    """Return what the log tells, when it is numbered without a gap, in rising time, with each item's image."""
    events = await records.jobs.events(job_id)
    items = await get_items(records, job_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert all(earlier.at < later.at for earlier, later in pairwise(events))
    for event in events:
        assert event.job_id == job_id
        assert event.image_id == (None if event.position is None else items[event.position].image_id)
    return [line_of(event) for event in events]
