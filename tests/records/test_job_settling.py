"""How items and jobs end in every database: done, failed, cancelled, tried again."""

from dataclasses import replace

import pytest
from job_steps import (
    claim_and_complete,
    claim_and_fail,
    claim_item,
    get_items,
    get_job,
    item_states,
    log_of,
)
from record_factories import BROKEN, NOW, add_job, after

from app.domain.error_code import ErrorCode
from app.domain.errors import JobFinished, NotFound
from app.domain.job import ItemError, JobState, JobStep, Progress, new_job_id
from app.ports.records import Records

QUEUED, RUNNING, COMPLETED, FAILED = JobState.QUEUED, JobState.RUNNING, JobState.COMPLETED, JobState.FAILED
CANCELLED, FAILED_PARTIAL = JobState.CANCELLED, JobState.FAILED_PARTIAL

DONE_0, DONE_1 = ("DONE", "OK", 0, None), ("DONE", "OK", 1, None)
FAILED_0, FAILED_1 = ("TRANSFORM", "ERROR", 0, "CORRUPT"), ("TRANSFORM", "ERROR", 1, "CORRUPT")
END = ("DONE", "COMPLETED", None, None)


async def test_a_job_of_one_ends_with_its_item(records: Records) -> None:
    job, items = await add_job(records)
    claim = await claim_item(records, after(1))

    await records.jobs.complete(claim, after(2))

    assert await records.jobs.find(job.id) == replace(
        job, state=COMPLETED, started_at=after(1), finished_at=after(2), progress=Progress(1, 1, 0)
    )
    assert await get_items(records, job.id) == (replace(items[0], state=COMPLETED, attempts=1),)
    assert await log_of(records, job.id) == [("DONE", "COMPLETED", 0, None)]
    assert [event.at for event in await records.jobs.events(job.id)] == [after(2)]


async def test_a_failed_item_keeps_its_error(records: Records) -> None:
    job, items = await add_job(records)
    claim = await claim_item(records)

    await records.jobs.fail(claim, JobStep.FETCH, BROKEN, after(2))

    assert await get_items(records, job.id) == (replace(items[0], state=FAILED, attempts=1, error=BROKEN),)
    assert await log_of(records, job.id) == [("FETCH", "ERROR", 0, "CORRUPT")]
    [event] = await records.jobs.events(job.id)
    assert event.error == BROKEN


@pytest.mark.parametrize(
    ("endings", "state", "progress", "log"),
    [
        ("dd", COMPLETED, Progress(2, 2, 0), [DONE_0, ("DONE", "COMPLETED", 1, None)]),
        ("df", FAILED_PARTIAL, Progress(2, 1, 1), [DONE_0, FAILED_1, END]),
        ("fd", FAILED_PARTIAL, Progress(2, 1, 1), [FAILED_0, ("DONE", "COMPLETED", 1, None)]),
        ("ff", FAILED, Progress(2, 0, 2), [FAILED_0, FAILED_1]),
        ("d", RUNNING, Progress(2, 1, 0), [DONE_0]),
        ("f", RUNNING, Progress(2, 0, 1), [FAILED_0]),
    ],
)
async def test_a_job_ends_with_its_last_item(
    records: Records, endings: str, state: JobState, progress: Progress, log: list[object]
) -> None:
    job, _ = await add_job(records, 2)

    for ending in endings:
        await (claim_and_complete if ending == "d" else claim_and_fail)(records, after(7))

    ended = await get_job(records, job.id)
    finished_at = after(7) if state.is_final else None
    assert (ended.state, ended.progress, ended.finished_at) == (state, progress, finished_at)
    assert await log_of(records, job.id) == log


async def test_cancels_what_is_queued_or_running(records: Records) -> None:
    job, _ = await add_job(records, 5)
    await claim_and_complete(records)
    await claim_and_fail(records)
    await claim_item(records)
    waiting = await claim_item(records)
    await records.jobs.put_back(waiting, after(9), BROKEN, NOW)

    cancelled = await records.jobs.cancel(job.id, after(4))

    assert cancelled == replace(job, state=CANCELLED, started_at=NOW, finished_at=after(4), progress=Progress(5, 1, 1))
    assert await records.jobs.find(job.id) == cancelled
    assert await item_states(records, job.id) == [
        (COMPLETED, 1),
        (FAILED, 1),
        (CANCELLED, 1),
        (CANCELLED, 1),
        (CANCELLED, 0),
    ]
    assert (await log_of(records, job.id))[-1] == ("DONE", "ERROR", None, "CANCELLED")
    last = (await records.jobs.events(job.id))[-1]
    assert (last.error, last.at) == (ItemError(ErrorCode.CANCELLED, "The job was cancelled."), after(4))
    assert await records.jobs.claim(after(99), 30) is None
    assert await records.jobs.expire_leases(after(9999)) == ()


async def test_cancels_a_job_that_never_began(records: Records) -> None:
    job, _ = await add_job(records, 2)

    cancelled = await records.jobs.cancel(job.id, after(1))

    assert cancelled == replace(job, state=CANCELLED, finished_at=after(1))
    assert await log_of(records, job.id) == [("DONE", "ERROR", None, "CANCELLED")]


@pytest.mark.parametrize("ending", ["complete", "fail", "cancel"])
async def test_refuses_to_cancel_what_has_ended(records: Records, ending: str) -> None:
    job, _ = await add_job(records)
    if ending == "cancel":
        await records.jobs.cancel(job.id, NOW)
    else:
        await (claim_and_complete if ending == "complete" else claim_and_fail)(records)
    before = (await get_job(records, job.id), await records.jobs.events(job.id))

    with pytest.raises(JobFinished):
        await records.jobs.cancel(job.id, after(9))

    assert (await get_job(records, job.id), await records.jobs.events(job.id)) == before


async def test_retries_the_failed_items_with_all_their_attempts(records: Records) -> None:
    job, items = await add_job(records, 3)
    await claim_and_fail(records)
    await claim_and_complete(records)
    await claim_and_fail(records)
    started = await get_job(records, job.id)

    retried = await records.jobs.retry(job.id, after(5))

    assert retried == replace(started, state=QUEUED, finished_at=None, progress=Progress(3, 1, 0))
    assert await records.jobs.find(job.id) == retried
    assert await get_items(records, job.id) == (
        items[0],
        replace(items[1], state=COMPLETED, attempts=1),
        items[2],
    )
    assert (await log_of(records, job.id))[-3:] == [END, ("RETRY", "OK", 0, "CORRUPT"), ("RETRY", "OK", 2, "CORRUPT")]
    events = await records.jobs.events(job.id)
    assert [(event.error, event.at) for event in events[-2:]] == [(BROKEN, after(5)), (BROKEN, after(5.000001))]
    assert await records.jobs.claim(after(4), 30) is None


async def test_a_retried_job_ends_again(records: Records) -> None:
    job, _ = await add_job(records, 2)
    await claim_and_complete(records)
    await claim_and_fail(records)
    await records.jobs.retry(job.id, after(5))

    claim = await claim_item(records, after(6))
    await records.jobs.complete(claim, after(7))

    assert (claim.item.position, claim.item.attempts, claim.job.started_at) == (1, 1, NOW)
    ended = await get_job(records, job.id)
    assert (ended.state, ended.progress, ended.finished_at) == (COMPLETED, Progress(2, 2, 0), after(7))
    assert await log_of(records, job.id) == [
        DONE_0,
        FAILED_1,
        END,
        ("RETRY", "OK", 1, "CORRUPT"),
        ("DONE", "COMPLETED", 1, None),
    ]


async def test_a_retry_after_a_cancel_leaves_what_was_cancelled(records: Records) -> None:
    job, _ = await add_job(records, 2)
    await claim_and_fail(records)
    await records.jobs.cancel(job.id, after(1))

    await records.jobs.retry(job.id, after(2))
    await claim_and_complete(records, after(3))

    assert await item_states(records, job.id) == [(COMPLETED, 1), (CANCELLED, 0)]
    ended = await get_job(records, job.id)
    assert (ended.state, ended.progress) == (CANCELLED, Progress(2, 1, 0))


@pytest.mark.parametrize("state", ["queued", "running", "running with a failure", "completed", "cancelled"])
async def test_refuses_to_retry_what_runs_or_has_not_failed(records: Records, state: str) -> None:
    job, _ = await add_job(records, 2)
    if state == "running":
        await claim_item(records)
    if state == "running with a failure":
        await claim_and_fail(records)
    if state == "completed":
        await claim_and_complete(records)
        await claim_and_complete(records)
    if state == "cancelled":
        await records.jobs.cancel(job.id, NOW)
    before = (await get_job(records, job.id), await get_items(records, job.id), await records.jobs.events(job.id))

    with pytest.raises(JobFinished):
        await records.jobs.retry(job.id, after(9))

    now = (await get_job(records, job.id), await get_items(records, job.id), await records.jobs.events(job.id))
    assert now == before


async def test_knows_no_job_of_an_unknown_id(records: Records) -> None:
    with pytest.raises(NotFound):
        await records.jobs.cancel(new_job_id(), NOW)
    with pytest.raises(NotFound):
        await records.jobs.retry(new_job_id(), NOW)
