"""What every database keeps of jobs, and which it lists."""

import pytest
from job_steps import claim_and_complete, claim_and_fail, claim_item, get_job, log_of
from record_factories import NOW, OTHER, OWNER, add_job, after, make_items, make_job

from app.domain.errors import InvalidInput
from app.domain.image import new_image_id
from app.domain.job import Job, JobFilter, JobItem, JobKind, JobState, JobStep, Progress, QueueDepth, new_job_id
from app.domain.page import Cursor, PageRequest
from app.ports.records import Records


async def test_returns_a_job_as_it_was_added(records: Records) -> None:
    job = make_job(2, kind=JobKind.LOCAL, flows=("b", "a"), client_type="cli")
    items = [JobItem(job.id, position, new_image_id(), source=f"/photos/ü {position}.jpg") for position in range(2)]

    await records.jobs.add(job, items)

    assert await records.jobs.find(job.id) == job
    assert await records.jobs.find_many((new_job_id(), job.id)) == {job.id: job}
    assert await records.jobs.items((job.id,)) == {job.id: tuple(items)}
    assert await records.jobs.events(job.id) == ()
    assert await records.jobs.find(new_job_id()) is None


async def test_counts_the_items_that_it_was_given(records: Records) -> None:
    job = make_job(progress=Progress(0))

    await records.jobs.add(job, make_items(job.id, 3))

    assert (await get_job(records, job.id)).progress == Progress(3)


async def test_adds_the_largest_job(records: Records) -> None:
    job, items = await add_job(records, 10_000)

    assert await records.jobs.items((job.id,)) == {job.id: tuple(items)}
    assert await records.jobs.find(job.id) == job


async def test_returns_the_items_of_many_jobs_by_position(records: Records) -> None:
    first, first_items = await add_job(records, 3)
    second, second_items = await add_job(records, 1)
    unknown = new_job_id()

    found = await records.jobs.items((second.id, unknown, first.id))

    assert found == {second.id: tuple(second_items), unknown: (), first.id: tuple(first_items)}


async def list_jobs(records: Records, filters: JobFilter) -> list[Job]:
    page = await records.jobs.list(filters, PageRequest(size=100))
    assert await records.jobs.count(filters) == len(page.items)
    return list(page.items)


async def test_lists_newest_first_what_passes_every_given_part(records: Records) -> None:
    done, done_items = await add_job(records, created_at=after(0))
    await claim_and_complete(records)
    failed, _ = await add_job(records, created_at=after(-1), kind=JobKind.LOCAL)
    await claim_and_fail(records)
    foreign, _ = await add_job(records, created_at=after(-2), owner_id=OTHER)
    queued, _ = await add_job(records, 2, created_at=after(-3), kind=JobKind.LOCAL)
    image_id = done_items[0].image_id
    cases = [
        (JobFilter(), [done, failed, foreign, queued]),
        (JobFilter(owner_id=OWNER), [done, failed, queued]),
        (JobFilter(kinds=(JobKind.LOCAL,)), [failed, queued]),
        (JobFilter(kinds=(JobKind.LOCAL, JobKind.UPLOADED)), [done, failed, foreign, queued]),
        (JobFilter(states=(JobState.QUEUED,)), [foreign, queued]),
        (JobFilter(states=(JobState.COMPLETED, JobState.FAILED)), [done, failed]),
        (JobFilter(states=(JobState.RUNNING,)), []),
        (JobFilter(owner_id=OWNER, states=(JobState.QUEUED,)), [queued]),
        (JobFilter(image_id=image_id), [done]),
        (JobFilter(image_id=image_id, owner_id=OWNER, states=(JobState.COMPLETED,)), [done]),
        (JobFilter(image_id=image_id, owner_id=OTHER), []),
        (JobFilter(image_id=new_image_id()), []),
    ]

    for filters, expected in cases:
        assert [job.id for job in await list_jobs(records, filters)] == [job.id for job in expected], filters


async def test_pages_stay_right_while_jobs_are_added(records: Records) -> None:
    jobs = [(await add_job(records, created_at=after(-age)))[0] for age in range(5)]
    first = await records.jobs.list(JobFilter(), PageRequest(2))
    await add_job(records, created_at=after(1))

    second = await records.jobs.list(JobFilter(), PageRequest(2, after=first.cursors[-1]))
    last = await records.jobs.list(JobFilter(), PageRequest(2, before=second.cursors[0], backwards=True))

    pages = [([jobs.index(job) for job in page.items], page.has_next, page.has_previous) for page in (first, second)]
    assert pages == [([0, 1], True, False), ([2, 3], True, True)]
    assert (last.items, last.has_next, last.has_previous) == (first.items, True, True)
    with pytest.raises(InvalidInput):
        await records.jobs.list(JobFilter(), PageRequest(after=Cursor("x", "y")))


async def test_returns_the_log_after_a_sequence_number(records: Records) -> None:
    job, _ = await add_job(records)
    claim = await claim_item(records)
    for step in (JobStep.FETCH, JobStep.TRANSFORM, JobStep.PERSIST):
        await records.jobs.record_step(claim, step, NOW)
    await records.jobs.complete(claim, NOW)

    pages = [
        await records.jobs.events(job.id, after=2),
        await records.jobs.events(job.id, after=1, limit=2),
        await records.jobs.events(job.id, after=4),
        await records.jobs.events(new_job_id()),
    ]

    assert [[event.sequence for event in page] for page in pages] == [[3, 4], [2, 3], [], []]


async def test_counts_what_waits_and_what_is_in_work(records: Records) -> None:
    depths = [await records.jobs.depth()]
    await add_job(records, 3)
    depths.append(await records.jobs.depth())
    claim = await claim_item(records)
    depths.append(await records.jobs.depth())
    await records.jobs.complete(claim, NOW)
    depths.append(await records.jobs.depth())

    assert depths == [QueueDepth(0, 0), QueueDepth(3, 0), QueueDepth(2, 1), QueueDepth(2, 0)]


async def test_tells_since_when_the_oldest_of_all_kinds_is_due(records: Records) -> None:
    dues = [await records.jobs.oldest_due()]
    await add_job(records, 1, created_at=after(-1))
    await add_job(records, 2, kind=JobKind.LOCAL, created_at=after(-3))
    dues.append(await records.jobs.oldest_due())
    for _ in range(2):
        await claim_item(records)
    dues.append(await records.jobs.oldest_due())
    await claim_item(records)
    dues.append(await records.jobs.oldest_due())

    assert dues == [None, after(-3), after(-3), None]


async def test_times_in_a_log_rise_strictly_also_when_the_clock_does_not(records: Records) -> None:
    job, _ = await add_job(records)
    claim = await claim_item(records)

    await records.jobs.record_step(claim, JobStep.FETCH, NOW)
    await records.jobs.record_step(claim, JobStep.TRANSFORM, NOW)
    await records.jobs.record_step(claim, JobStep.PERSIST, after(-3600))
    await records.jobs.complete(claim, after(1))

    assert [event.at for event in await records.jobs.events(job.id)] == [NOW, after(1e-6), after(2e-6), after(1)]
    assert await log_of(records, job.id) == [
        ("FETCH", "OK", 0, None),
        ("TRANSFORM", "OK", 0, None),
        ("PERSIST", "OK", 0, None),
        ("DONE", "COMPLETED", 0, None),
    ]
