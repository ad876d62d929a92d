"""What every database tells of changes among a user's jobs."""

from job_steps import claim_and_complete, claim_and_fail, claim_item
from record_factories import NOW, OTHER, OWNER, add_job, after

from app.domain.job import JobChanges, JobState, JobStep
from app.ports.records import Records


async def test_a_user_without_jobs_has_none_open(records: Records) -> None:
    await add_job(records, owner_id=OTHER)

    assert await records.jobs.open_jobs(OWNER) == JobChanges((), 0)
    assert await records.jobs.changed(OWNER, 0) == JobChanges((), 0)


async def test_returns_what_is_open_the_oldest_first(records: Records) -> None:
    done, _ = await add_job(records, created_at=after(-9))
    await claim_and_complete(records)
    newer, _ = await add_job(records, created_at=after(-1))
    older, _ = await add_job(records, created_at=after(-5))
    claim = await claim_item(records)
    await add_job(records, owner_id=OTHER)

    found = await records.jobs.open_jobs(OWNER)

    assert [job.id for job in found.jobs] == [older.id, newer.id]
    assert done.id not in [job.id for job in found.jobs]
    assert claim.job in found.jobs
    assert await records.jobs.changed(OWNER, found.revision) == JobChanges((), found.revision)


async def test_returns_each_job_that_changed_as_it_is_now(records: Records) -> None:
    job, _ = await add_job(records, 2)
    start = (await records.jobs.open_jobs(OWNER)).revision
    states = []

    revision = start
    for step in (claim_and_complete, claim_and_fail):
        await step(records)
        changes = await records.jobs.changed(OWNER, revision)
        [changed] = changes.jobs
        states.append((changed.state, changed.progress.done, changed.progress.failed))
        assert changes.revision > revision
        revision = changes.revision

    assert states == [(JobState.RUNNING, 1, 0), (JobState.FAILED_PARTIAL, 1, 1)]
    assert (await records.jobs.changed(OWNER, start)).jobs == (await records.jobs.find(job.id),)


async def test_tells_of_adding_starting_cancelling_and_retrying(records: Records) -> None:
    job, _ = await add_job(records)
    revisions = [(await records.jobs.changed(OWNER, 0)).revision]

    await claim_and_fail(records)
    revisions.append((await records.jobs.changed(OWNER, revisions[-1])).revision)
    await records.jobs.retry(job.id, NOW)
    revisions.append((await records.jobs.changed(OWNER, revisions[-1])).revision)
    await records.jobs.cancel(job.id, NOW)
    revisions.append((await records.jobs.changed(OWNER, revisions[-1])).revision)

    assert revisions == sorted(set(revisions))
    assert revisions[0] > 0


async def test_says_nothing_of_what_does_not_change_the_job(records: Records) -> None:
    await add_job(records)
    claim = await claim_item(records)
    revision = (await records.jobs.open_jobs(OWNER)).revision

    await records.jobs.renew(claim, NOW, 30)
    await records.jobs.record_step(claim, JobStep.FETCH, NOW)

    assert await records.jobs.changed(OWNER, revision) == JobChanges((), revision)


async def test_returns_changes_in_their_order_and_in_pieces(records: Records) -> None:
    jobs = [(await add_job(records))[0] for _ in range(5)]
    await records.jobs.cancel(jobs[0].id, NOW)

    first = await records.jobs.changed(OWNER, 0, limit=3)
    rest = await records.jobs.changed(OWNER, first.revision, limit=3)

    assert [job.id for job in (*first.jobs, *rest.jobs)] == [job.id for job in (*jobs[1:], jobs[0])]
