"""Many workers on one database: each item is claimed once, each number of a log is given once."""

import asyncio

from job_steps import LEASE_S, claim_item, get_items, get_job, log_of
from record_factories import BROKEN, NOW, add_job, make_flow, make_image, make_job, make_upload

from app.domain.errors import AlreadyCompleted, LeaseLost
from app.domain.job import Claim, JobFilter, JobItem, JobState, JobStep, Progress, new_job_id
from app.ports.records import Records


async def claim_all(records: Records) -> list[Claim]:
    """Claim until nothing is due any more."""
    claims = []
    while (claim := await records.jobs.claim(NOW, LEASE_S)) is not None:
        claims.append(claim)
    return claims


async def test_twenty_claimers_claim_a_hundred_items_once_each(records: Records) -> None:
    job, _ = await add_job(records, 100)

    shares = await asyncio.gather(*(claim_all(records) for _ in range(20)))

    positions = sorted(claim.item.position for share in shares for claim in share)
    assert positions == list(range(100))
    assert {item.attempts for item in await get_items(records, job.id)} == {1}


async def test_items_that_end_at_once_end_their_job_once(records: Records) -> None:
    job, _ = await add_job(records, 30)
    claims = await claim_all(records)

    async def settle(claim: Claim) -> None:
        await records.jobs.record_step(claim, JobStep.FETCH, NOW)
        if claim.item.position % 3 == 0:
            await records.jobs.fail(claim, JobStep.TRANSFORM, BROKEN, NOW)
        else:
            await records.jobs.complete(claim, NOW)

    await asyncio.gather(*(settle(claim) for claim in claims))

    log = await log_of(records, job.id)
    kinds = [kind for _, kind, _, _ in log]
    ended = await get_job(records, job.id)
    assert (ended.state, ended.progress) == (JobState.FAILED_PARTIAL, Progress(30, 20, 10))
    assert kinds.count("COMPLETED") == 1
    assert kinds[-1] == "COMPLETED"
    assert kinds.count("ERROR") == 10
    assert len(log) in (60, 61)


async def test_one_of_many_writers_of_a_claim_settles_it(records: Records) -> None:
    job, _ = await add_job(records)
    claim = await claim_item(records)

    outcomes = await asyncio.gather(
        *(records.jobs.complete(claim, NOW) for _ in range(10)),
        *(records.jobs.fail(claim, JobStep.FETCH, BROKEN, NOW) for _ in range(10)),
        return_exceptions=True,
    )

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LeaseLost) for outcome in outcomes) == 19
    assert len(await log_of(records, job.id)) == 1


async def test_one_of_many_completions_of_an_upload_wins(records: Records) -> None:
    await records.flows.add(make_flow())
    upload = make_upload()
    await records.uploads.add(upload)

    async def complete() -> None:
        job_id = new_job_id()
        image = make_image(id=upload.image_id)
        await records.uploads.complete(
            upload.image_id, image, ("harbours",), make_job(id=job_id), JobItem(job_id, 0, upload.image_id)
        )

    outcomes = await asyncio.gather(*(complete() for _ in range(8)), return_exceptions=True)

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyCompleted) for outcome in outcomes) == 7
    assert await records.jobs.count(JobFilter()) == 1


async def test_a_reader_of_the_log_never_meets_a_gap(records: Records) -> None:
    job, _ = await add_job(records, 12)
    claims = await claim_all(records)
    seen: list[int] = []

    async def follow() -> None:
        while not (await get_job(records, job.id)).state.is_final:
            seen.extend(event.sequence for event in await records.jobs.events(job.id, after=len(seen)))
        seen.extend(event.sequence for event in await records.jobs.events(job.id, after=len(seen)))

    async def work(claim: Claim) -> None:
        for step in (JobStep.FETCH, JobStep.TRANSFORM, JobStep.PERSIST):
            await records.jobs.record_step(claim, step, NOW)
        await records.jobs.complete(claim, NOW)

    await asyncio.gather(follow(), *(work(claim) for claim in claims))

    assert seen == list(range(1, 49))
