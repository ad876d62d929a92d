"""The runner on a real database: what becomes of an item whose recipe goes well, fails, or is stopped."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from app.domain.error_code import ErrorCode
from app.domain.errors import Busy, CorruptImage, FetchFailed
from app.domain.image import new_image_id
from app.domain.job import MAX_ATTEMPTS, Claim, Job, JobItem, JobKind, JobState, JobStep, Progress, new_job_id
from app.domain.viewer import UserId
from app.jobs.bell import LocalBell
from app.jobs.runner import EVERY, LEASE_S, Runner, kinds_in_order
from app.jobs.sweeper import Sweeper
from app.metering.prometheus import PrometheusMeter
from app.ports.records import Records
from app.records.sqlite.database import open_records
from tests.metrics import parse_metrics

Work = Callable[[Claim], AsyncGenerator[JobStep]]


@dataclass
class Workshop:
    """A job of one item, and a runner whose clock and recipe the test holds."""

    records: Records
    job: Job
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    attempts: list[int] = field(default_factory=list)
    clock_readings: int = 0
    meter: PrometheusMeter = field(default_factory=PrometheusMeter)

    def clock(self) -> datetime:
        self.clock_readings += 1
        return self.now

    def runner(self, work: Work) -> Runner:
        async def counted(claim: Claim) -> AsyncGenerator[JobStep]:
            self.attempts.append(claim.item.attempts)
            async for step in work(claim):
                yield step

        return Runner(
            self.records,
            LocalBell(),
            {JobKind.LOCAL: counted},
            self.clock,
            self.meter,
            renew_s=0.01,
            jitter=lambda low, high: high,
        )

    async def item(self) -> JobItem:
        return (await self.records.jobs.items((self.job.id,)))[self.job.id][0]

    async def log(self) -> list[str]:
        events = await self.records.jobs.events(self.job.id)
        return [f"{event.step}/{event.kind}" + (f"/{event.error.code}" if event.error else "") for event in events]


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with open_records(tmp_path / "records.sqlite") as records:
        job = Job(
            id=new_job_id(),
            kind=JobKind.LOCAL,
            owner_id=UserId("user:owner"),
            flows=(),
            client_type=None,
            created_at=datetime(2026, 2, 28, tzinfo=UTC),
            progress=Progress(1),
        )
        await records.jobs.add(job, [JobItem(job.id, 0, new_image_id(), "/pictures/one.jpg")])
        yield Workshop(records, job)


async def all_well(_claim: Claim) -> AsyncGenerator[JobStep]:
    for step in (JobStep.FETCH, JobStep.TRANSFORM, JobStep.PERSIST):
        yield step


async def corrupt(_claim: Claim) -> AsyncGenerator[JobStep]:
    yield JobStep.FETCH
    raise CorruptImage("The image is cut.")


async def busy(_claim: Claim) -> AsyncGenerator[JobStep]:
    yield JobStep.FETCH
    raise Busy("No process is free.")


async def buggy(_claim: Claim) -> AsyncGenerator[JobStep]:
    yield JobStep.FETCH
    raise ZeroDivisionError


async def unanswered(_claim: Claim) -> AsyncGenerator[JobStep]:
    raise FetchFailed("Nobody answers.")
    yield JobStep.FETCH


async def endless(_claim: Claim) -> AsyncGenerator[JobStep]:
    yield JobStep.FETCH
    await asyncio.Event().wait()


async def test_tells_when_there_is_no_work(workshop: Workshop) -> None:
    await workshop.runner(all_well).run_next()

    assert await workshop.runner(all_well).run_next() is False


async def test_logs_each_step_and_the_end(workshop: Workshop) -> None:
    assert await workshop.runner(all_well).run_next() is True

    assert (await workshop.item()).state is JobState.COMPLETED
    assert await workshop.log() == ["FETCH/OK", "TRANSFORM/OK", "PERSIST/OK", "DONE/COMPLETED"]


async def test_fails_at_once_what_is_no_picture(workshop: Workshop) -> None:
    await workshop.runner(corrupt).run_next()

    item = await workshop.item()
    assert (item.state, item.attempts) == (JobState.FAILED, 1)
    assert await workshop.log() == ["FETCH/OK", "TRANSFORM/ERROR/CORRUPT"]


async def test_tries_again_later_what_may_pass(workshop: Workshop) -> None:
    await workshop.runner(busy).run_next()

    too_early = await workshop.runner(all_well).run_next()
    workshop.now += timedelta(seconds=2)
    in_time = await workshop.runner(all_well).run_next()

    assert (too_early, in_time) == (False, True)
    assert (await workshop.log())[:2] == ["FETCH/OK", "RETRY/OK/BUSY"]
    assert (await workshop.item()).state is JobState.COMPLETED


@pytest.mark.parametrize(("work", "code"), [(busy, ErrorCode.BUSY), (buggy, ErrorCode.INTERNAL)])
async def test_gives_up_after_the_last_attempt(workshop: Workshop, work: Work, code: ErrorCode) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert await workshop.runner(work).run_next() is True
        workshop.now += timedelta(minutes=1)

    item = await workshop.item()
    assert workshop.attempts == [1, 2, 3, 4, 5]
    assert (item.state, item.error and item.error.code) == (JobState.FAILED, code)
    readings = parse_metrics(generate_latest(workshop.meter.registry).decode())
    assert readings[f'gf_item_errors_total{{code="{code}"}}'] == MAX_ATTEMPTS
    assert readings["gf_item_retries_total"] == MAX_ATTEMPTS - 1
    assert (await workshop.log())[-1] == f"TRANSFORM/ERROR/{code}"


async def test_asks_an_origin_that_does_not_answer_once_more(workshop: Workshop) -> None:
    for _ in range(3):
        await workshop.runner(unanswered).run_next()
        workshop.now += timedelta(minutes=1)

    assert workshop.attempts == [1, 2]
    assert await workshop.log() == ["RETRY/OK/FETCH_FAILED", "FETCH/ERROR/FETCH_FAILED"]


async def test_stops_when_the_job_is_cancelled(workshop: Workshop) -> None:
    running = asyncio.create_task(workshop.runner(endless).run_next())
    await _until_logged(workshop, 1)

    await workshop.records.jobs.cancel(workshop.job.id, workshop.clock())
    async with asyncio.timeout(5):
        await running

    assert (await workshop.item()).state is JobState.CANCELLED
    assert await workshop.log() == ["FETCH/OK", "DONE/ERROR/CANCELLED"]


async def test_gives_back_what_it_cannot_finish(workshop: Workshop) -> None:
    running = asyncio.create_task(workshop.runner(endless).run_next())
    await _until_logged(workshop, 1)

    running.cancel()
    await asyncio.wait({running})

    item = await workshop.item()
    assert (item.state, item.attempts) == (JobState.QUEUED, 0)
    assert await workshop.runner(all_well).run_next() is True


async def test_keeps_its_lease_while_it_works(workshop: Workshop) -> None:
    running = asyncio.create_task(workshop.runner(endless).run_next())
    await _until_logged(workshop, 1)

    for _ in range(3):
        workshop.now += timedelta(seconds=LEASE_S * 0.9)
        await _until_renewed(workshop)
        await Sweeper(workshop.records, LocalBell(), workshop.clock, PrometheusMeter()).sweep()

    assert (await workshop.item()).state is JobState.RUNNING
    assert workshop.attempts == [1]
    running.cancel()
    await asyncio.wait({running})


async def test_lets_another_take_over_when_the_worker_is_gone(workshop: Workshop) -> None:
    await workshop.records.jobs.claim(workshop.clock(), LEASE_S)
    workshop.now += timedelta(seconds=LEASE_S + 1)

    await Sweeper(workshop.records, LocalBell(), workshop.clock, workshop.meter).sweep()
    took_over = await workshop.runner(all_well).run_next()

    assert took_over is True
    assert workshop.attempts == [2]
    assert parse_metrics(generate_latest(workshop.meter.registry).decode())["gf_lease_expiries_total"] == 1
    assert (await workshop.log())[0] == "RETRY/OK/LEASE_LOST"


def test_looks_for_what_is_urgent_first_and_now_and_then_for_each_other_kind() -> None:
    kinds = (JobKind.TRANSFORM, JobKind.LOCAL, JobKind.UPLOADED)

    orders = [kinds_in_order(kinds, claims) for claims in range(4 * EVERY)]

    firsts = [order[0] for order in orders]
    assert Counter(firsts) == {JobKind.UPLOADED: 4 * (EVERY - 1), JobKind.LOCAL: 2, JobKind.TRANSFORM: 2}
    assert {order for order in orders if order[0] is JobKind.UPLOADED} == {
        (JobKind.UPLOADED, JobKind.LOCAL, JobKind.TRANSFORM)
    }
    assert {frozenset(order) for order in orders} == {frozenset(kinds)}


async def test_steady_uploads_slow_a_backfill_down_and_do_not_stop_it(workshop: Workshop) -> None:
    backfill = replace(workshop.job, id=new_job_id(), kind=JobKind.TRANSFORM, progress=Progress(10))
    await workshop.records.jobs.add(backfill, [JobItem(backfill.id, n, new_image_id()) for n in range(10)])
    runner = replace(
        workshop.runner(all_well), recipes=dict.fromkeys((JobKind.UPLOADED, JobKind.LOCAL, JobKind.TRANSFORM), all_well)
    )
    done: list[JobKind] = []

    while done.count(JobKind.TRANSFORM) < 3:
        upload = replace(workshop.job, id=new_job_id(), kind=JobKind.UPLOADED, owner_id=UserId("user:other"))
        await workshop.records.jobs.add(upload, [JobItem(upload.id, 0, new_image_id())])
        claim = await runner.claim()
        assert claim is not None
        await runner.run(claim)
        done.append(claim.job.kind)

    # The one LOCAL item of the workshop has its share, too.
    assert Counter(done) == {JobKind.UPLOADED: 4 * (EVERY - 1), JobKind.LOCAL: 1, JobKind.TRANSFORM: 3}


async def _until_logged(workshop: Workshop, count: int) -> None:
    async with asyncio.timeout(5):
        while len(await workshop.log()) < count:
            await asyncio.sleep(0.005)


async def _until_renewed(workshop: Workshop) -> None:
    """Return after a whole renewal: one that read the clock after now, and the next one, which shows that it ended."""
    readings = workshop.clock_readings
    async with asyncio.timeout(5):
        while workshop.clock_readings < readings + 2:
            await asyncio.sleep(0.005)
