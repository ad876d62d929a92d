"""Claims, leases and fences in every database."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from job_steps import (
    LEASE_S,
    LOST_AFTER,
    claim_and_fail,
    claim_item,
    get_items,
    get_job,
    item_states,
    log_of,
    lose_item,
)
from record_factories import BROKEN, NOW, add_job, after

from app.domain.error_code import ErrorCode
from app.domain.errors import LeaseLost
from app.domain.job import MAX_LOSSES, Claim, ItemError, JobKind, JobState, JobStep, Progress
from app.ports.records import Records

QUEUED, RUNNING, COMPLETED, FAILED = JobState.QUEUED, JobState.RUNNING, JobState.COMPLETED, JobState.FAILED
LOST = ItemError(ErrorCode.LEASE_LOST, "The worker of this item was lost.")
LONG_AFTER = after(3600)


async def test_a_claim_leases_the_item_and_starts_its_job(records: Records) -> None:
    job, items = await add_job(records, 2)

    claim = await records.jobs.claim(after(5), 30.5)

    started = replace(job, state=RUNNING, started_at=after(5))
    assert claim == Claim(started, replace(items[0], state=RUNNING, attempts=1), after(35.5))
    assert await records.jobs.find(job.id) == started
    assert await get_items(records, job.id) == (claim.item, items[1])
    assert await records.jobs.events(job.id) == ()


async def test_a_job_keeps_the_time_of_its_first_claim(records: Records) -> None:
    job, _ = await add_job(records, 2)
    await claim_item(records, after(1))

    await claim_item(records, after(2))

    assert (await get_job(records, job.id)).started_at == after(1)


async def test_claims_what_came_first_and_each_once(records: Records) -> None:
    first, _ = await add_job(records, 2, created_at=after(-1))
    second, _ = await add_job(records, 1, created_at=after(-1))

    claims = [await claim_item(records) for _ in range(3)]

    assert [(claim.item.job_id, claim.item.position) for claim in claims] == [
        (first.id, 0),
        (first.id, 1),
        (second.id, 0),
    ]
    assert await records.jobs.claim(NOW, LEASE_S) is None


async def test_claims_a_persons_upload_before_a_backfill(records: Records) -> None:
    backfill, _ = await add_job(records, 3, kind=JobKind.LOCAL, created_at=after(-9))
    await records.jobs.put_back(await claim_item(records), after(-10), BROKEN, after(-8))
    await claim_and_fail(records)
    upload, _ = await add_job(records)
    later, _ = await add_job(records, created_at=after(1))

    claims = [await claim_item(records) for _ in range(3)]

    assert [(claim.item.job_id, claim.item.position) for claim in claims] == [
        (upload.id, 0),
        (backfill.id, 1),
        (backfill.id, 2),
    ]
    assert await records.jobs.claim(NOW, LEASE_S) is None
    assert (await claim_item(records, after(1))).job.id == later.id


async def test_a_retried_backfill_stays_behind_uploads(records: Records) -> None:
    backfill, _ = await add_job(records, kind=JobKind.LOCAL)
    await claim_and_fail(records)
    await records.jobs.retry(backfill.id, after(-5))
    upload, _ = await add_job(records)

    assert [(await claim_item(records)).job.id for _ in range(2)] == [upload.id, backfill.id]


async def test_claims_nothing_before_it_is_due(records: Records) -> None:
    await add_job(records)
    claim = await claim_item(records)
    await records.jobs.put_back(claim, after(10), BROKEN, NOW)

    assert await records.jobs.claim(after(9.999999), LEASE_S) is None
    assert (await claim_item(records, after(10))).item.attempts == 2


async def test_a_renewed_lease_does_not_expire(records: Records) -> None:
    job, _ = await add_job(records)
    claim = await claim_item(records)

    await records.jobs.renew(claim, after(20), LEASE_S)

    assert await records.jobs.expire_leases(after(50)) == ()
    assert await item_states(records, job.id) == [(RUNNING, 1)]
    await records.jobs.expire_leases(after(50.000001))
    assert await item_states(records, job.id) == [(QUEUED, 1)]


async def test_an_expired_item_is_due_at_once_and_the_log_tells_why(records: Records) -> None:
    job, items = await add_job(records)
    await claim_item(records)

    expired = await records.jobs.expire_leases(after(31))

    assert expired == (replace(items[0], attempts=1),)
    assert await get_items(records, job.id) == expired
    assert await log_of(records, job.id) == [("RETRY", "OK", 0, "LEASE_LOST")]
    [event] = await records.jobs.events(job.id)
    assert (event.error, event.at) == (LOST, after(31))
    assert (await get_job(records, job.id)).state is RUNNING
    assert (await claim_item(records, after(31))).item.attempts == 2


@pytest.mark.parametrize(("attempts", "rest_s"), [(2, 2), (3, 4), (5, 16), (6, 30), (9, 30)])
async def test_an_item_that_loses_its_worker_again_rests_a_while(records: Records, attempts: int, rest_s: int) -> None:
    await add_job(records)
    for number in range(attempts):
        await lose_item(records, after(100 * number))
    lost_at = after(100 * (attempts - 1)) + LOST_AFTER

    assert await records.jobs.claim(lost_at + timedelta(seconds=rest_s - 0.001), LEASE_S) is None
    assert (await claim_item(records, lost_at + timedelta(seconds=rest_s))).item.attempts == attempts + 1


async def test_takes_the_leases_of_the_dead_before_they_run_out(records: Records) -> None:
    await add_job(records)
    await claim_item(records)

    too_early = await records.jobs.expire_leases(after(1), until=after(LEASE_S))
    expired = await records.jobs.expire_leases(after(1), until=after(LEASE_S + 1))

    assert (too_early, [item.attempts for item in expired]) == ((), [1])
    assert (await claim_item(records, after(1))).item.attempts == 2


async def test_giving_up_one_item_leaves_the_others(records: Records) -> None:
    job, _ = await add_job(records, 2)
    claim = await claim_item(records)
    steady = await records.jobs.claim(NOW, 86_400)
    assert steady is not None
    await records.jobs.expire_leases(NOW + LOST_AFTER)
    for number in range(1, MAX_LOSSES):
        [given_up] = await lose_item(records, after(100 * number))
    await records.jobs.complete(steady, LONG_AFTER)

    assert given_up.position == claim.item.position == 0
    assert await item_states(records, job.id) == [(FAILED, MAX_LOSSES), (COMPLETED, 1)]
    assert (await get_job(records, job.id)).state is JobState.FAILED_PARTIAL


async def test_giving_up_the_last_item_ends_the_job(records: Records) -> None:
    job, items = await add_job(records)

    expired = [await lose_item(records, after(100 * number)) for number in range(MAX_LOSSES)]

    error = ItemError(ErrorCode.TOO_MANY_ATTEMPTS, f"The item was given up after {MAX_LOSSES} attempts.")
    failed = replace(items[0], state=FAILED, attempts=MAX_LOSSES, error=error)
    waiting = [replace(items[0], attempts=attempts) for attempts in range(1, MAX_LOSSES)]
    assert expired == [(item,) for item in (*waiting, failed)]
    assert await get_items(records, job.id) == (failed,)
    assert await log_of(records, job.id) == [
        *[("RETRY", "OK", 0, "LEASE_LOST")] * (MAX_LOSSES - 1),
        ("RETRY", "ERROR", 0, "TOO_MANY_ATTEMPTS"),
    ]
    ended = await get_job(records, job.id)
    ended_at = after(100 * (MAX_LOSSES - 1)) + LOST_AFTER
    assert (ended.state, ended.finished_at, ended.progress) == (FAILED, ended_at, Progress(1, 0, 1))
    assert await records.jobs.claim(LONG_AFTER, LEASE_S) is None
    assert await records.jobs.expire_leases(LONG_AFTER) == ()


async def test_an_item_put_back_with_an_error_waits_until_it_is_due(records: Records) -> None:
    job, items = await add_job(records)
    claim = await claim_item(records)

    await records.jobs.put_back(claim, after(60), BROKEN, after(3))

    assert await get_items(records, job.id) == (replace(items[0], attempts=1),)
    assert await log_of(records, job.id) == [("RETRY", "OK", 0, "CORRUPT")]
    [event] = await records.jobs.events(job.id)
    assert (event.error, event.at) == (BROKEN, after(3))
    assert (await get_job(records, job.id)).state is RUNNING
    assert await records.jobs.expire_leases(LONG_AFTER) == ()


async def test_an_item_put_back_without_an_error_is_as_if_never_claimed(records: Records) -> None:
    job, items = await add_job(records)
    claim = await claim_item(records)

    await records.jobs.put_back(claim, after(1), None, after(1))

    assert await get_items(records, job.id) == tuple(items)
    assert await records.jobs.events(job.id) == ()
    assert (await claim_item(records, after(1))).item.attempts == 1


Loss = Callable[[Records, Claim], Awaitable[None]]

WRITES = {
    "renew": lambda records, claim: records.jobs.renew(claim, LONG_AFTER, LEASE_S),
    "record_step": lambda records, claim: records.jobs.record_step(claim, JobStep.FETCH, LONG_AFTER),
    "complete": lambda records, claim: records.jobs.complete(claim, LONG_AFTER),
    "fail": lambda records, claim: records.jobs.fail(claim, JobStep.FETCH, BROKEN, LONG_AFTER),
    "put_back": lambda records, claim: records.jobs.put_back(claim, LONG_AFTER, BROKEN, LONG_AFTER),
    "put_back unharmed": lambda records, claim: records.jobs.put_back(claim, LONG_AFTER, None, LONG_AFTER),
}


async def expire(records: Records, claim: Claim) -> None:
    await records.jobs.expire_leases(after(31))


async def expire_and_claim(records: Records, claim: Claim) -> None:
    await records.jobs.expire_leases(after(31))
    await claim_item(records, after(31))


async def put_back_and_claim(records: Records, claim: Claim) -> None:
    await records.jobs.put_back(claim, after(1), None, after(1))
    await claim_item(records, after(1))


async def retry_and_claim(records: Records, claim: Claim) -> None:
    await records.jobs.expire_leases(after(31))
    await claim_and_fail(records, after(32))
    await claim_and_fail(records, after(32))
    await records.jobs.retry(claim.job.id, after(33))
    await claim_item(records, after(33))


async def complete(records: Records, claim: Claim) -> None:
    await records.jobs.complete(claim, after(1))


async def fail(records: Records, claim: Claim) -> None:
    await records.jobs.fail(claim, JobStep.FETCH, BROKEN, after(1))


async def cancel(records: Records, claim: Claim) -> None:
    await records.jobs.cancel(claim.job.id, after(1))


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "loss", [expire, expire_and_claim, put_back_and_claim, retry_and_claim, complete, fail, cancel]
)
async def test_a_claim_that_was_lost_writes_nothing(records: Records, write: str, loss: Loss) -> None:
    job, _ = await add_job(records, 2)
    claim = await claim_item(records)
    await loss(records, claim)
    before = (await get_job(records, job.id), await get_items(records, job.id), await records.jobs.events(job.id))

    with pytest.raises(LeaseLost):
        await WRITES[write](records, claim)

    now = (await get_job(records, job.id), await get_items(records, job.id), await records.jobs.events(job.id))
    assert now == before


@pytest.mark.parametrize(("write", "state"), [("complete", COMPLETED), ("fail", FAILED), ("renew", RUNNING)])
async def test_a_claim_writes_as_long_as_nobody_took_its_item(records: Records, write: str, state: JobState) -> None:
    job, _ = await add_job(records)
    claim = await claim_item(records)
    await records.jobs.renew(claim, after(20), LEASE_S)

    await WRITES[write](records, claim)

    assert await item_states(records, job.id) == [(state, 1)]


async def test_a_claim_that_knows_its_renewed_lease_writes_too(records: Records) -> None:
    job, _ = await add_job(records)
    claim = await claim_item(records)
    await records.jobs.renew(claim, after(20), LEASE_S)

    await records.jobs.complete(replace(claim, lease_until=after(50)), after(25))

    assert await item_states(records, job.id) == [(COMPLETED, 1)]
