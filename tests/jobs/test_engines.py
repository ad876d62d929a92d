"""The engines, embedded and called by Redis: the same promises."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.image import new_image_id
from app.domain.job import Claim, Job, JobItem, JobKind, JobState, JobStep, Progress, new_job_id
from app.domain.viewer import UserId
from app.jobs.bell import LocalBell
from app.jobs.connection import open_redis
from app.jobs.crew import Crew, crew_topic
from app.jobs.distributed import open_workers
from app.jobs.embedded import open_engine
from app.jobs.redis_bell import open_redis_bell
from app.jobs.runner import Runner
from app.jobs.stream import CallStream
from app.metering.prometheus import PrometheusMeter
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell
from app.records.sqlite.database import open_records
from tests.redis_server import RedisServer

NAME = "images"
SIZE = 3


@dataclass
class Yard:
    """Items, and what the workers do to them: they wait at the gate, which a test may close."""

    records: Records
    begun: Counter[int] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, claim: Claim) -> AsyncGenerator[JobStep]:
        self.begun[claim.item.position] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            yield JobStep.FETCH
        finally:
            self.at_once -= 1

    def crew(self, bell: Bell) -> Crew:
        recipes = {JobKind.LOCAL: self.work}
        return Crew(NAME, Runner(self.records, bell, recipes, lambda: datetime.now(UTC), PrometheusMeter()), SIZE)

    async def add_job(self, count: int) -> Job:
        job = Job(
            id=new_job_id(),
            kind=JobKind.LOCAL,
            owner_id=UserId("user:owner"),
            flows=(),
            client_type=None,
            created_at=datetime.now(UTC),
            progress=Progress(count),
        )
        items = [JobItem(job.id, position, new_image_id(), "/one.jpg") for position in range(count)]
        await self.records.jobs.add(job, items)
        return job

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.005)

    async def until_idle(self) -> None:
        async with asyncio.timeout(20):
            while (await self.records.jobs.depth()).running:
                await asyncio.sleep(0.01)

    async def until_ended(self, job: Job) -> None:
        async with asyncio.timeout(20):
            while not (found := await self.records.jobs.find(job.id)) or not found.state.is_final:
                await asyncio.sleep(0.01)


Open = Callable[[Yard, asyncio.Event], AbstractAsyncContextManager[Bell]]


@asynccontextmanager
async def open_embedded(yard: Yard, stopping: asyncio.Event) -> AsyncGenerator[Bell]:
    bell = LocalBell()
    async with open_engine([yard.crew(bell)], bell, stopping):
        yield bell


def called_by(redis: RedisServer) -> Open:
    @asynccontextmanager
    async def open_called(yard: Yard, stopping: asyncio.Event) -> AsyncGenerator[Bell]:
        stream = CallStream(redis.url, NAME)
        streams = {crew_topic(NAME): stream}
        async with AsyncExitStack() as stack:
            stack.push_async_callback(stream.shutdown)
            client = await stack.enter_async_context(open_redis(redis.url))
            calls = {crew_topic(NAME): stream.call}
            bell = await stack.enter_async_context(open_redis_bell(client, calls, PrometheusMeter()))
            await stack.enter_async_context(open_workers([yard.crew(bell)], streams, bell, stopping))
            yield bell

    return open_called


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    async with open_records(tmp_path / "records.sqlite") as records:
        yield Yard(records)


@pytest.fixture(params=["embedded", "called"])
def opened(request: pytest.FixtureRequest) -> Open:
    return open_embedded if request.param == "embedded" else called_by(request.getfixturevalue("own_redis"))


async def test_one_ring_works_off_every_item_once(yard: Yard, opened: Open) -> None:
    yard.gate.set()

    async with opened(yard, asyncio.Event()) as bell:
        job = await yard.add_job(20)
        await bell.ring(WORK_TOPIC)
        await yard.until_ended(job)

    assert yard.begun == Counter(range(20))


async def test_works_on_as_many_at_once_as_the_crew_has(yard: Yard, opened: Open) -> None:
    async with opened(yard, asyncio.Event()) as bell:
        job = await yard.add_job(2 * SIZE)
        await bell.ring(WORK_TOPIC)
        await yard.until(lambda: yard.at_once == SIZE)
        yard.gate.set()
        await yard.until_ended(job)

    assert yard.most_at_once == SIZE


async def test_claims_no_more_and_ends_what_it_began_when_it_is_stopping(yard: Yard, opened: Open) -> None:
    stopping = asyncio.Event()

    async with opened(yard, stopping) as bell:
        job = await yard.add_job(SIZE + 2)
        await bell.ring(WORK_TOPIC)
        await yard.until(lambda: yard.at_once == SIZE)
        stopping.set()
        yard.gate.set()
        await yard.until_idle()

    items = (await yard.records.jobs.items((job.id,)))[job.id]
    assert Counter(item.state for item in items) == {JobState.COMPLETED: SIZE, JobState.QUEUED: 2}


async def test_gives_back_what_is_unfinished_at_the_end(yard: Yard, opened: Open) -> None:
    async with opened(yard, asyncio.Event()) as bell:
        job = await yard.add_job(1)
        await bell.ring(WORK_TOPIC)
        await yard.until(lambda: yard.at_once == 1)

    [item] = (await yard.records.jobs.items((job.id,)))[job.id]
    assert (item.state, item.attempts) == (JobState.QUEUED, 0)


async def test_works_without_redis(yard: Yard, own_redis: RedisServer) -> None:
    yard.gate.set()

    async with called_by(own_redis)(yard, asyncio.Event()):
        own_redis.kill()
        job = await yard.add_job(3)
        await yard.until_ended(job)

    assert yard.begun == Counter(range(3))


async def test_is_called_again_by_a_redis_that_was_wiped(yard: Yard, own_redis: RedisServer) -> None:
    yard.gate.set()

    async with called_by(own_redis)(yard, asyncio.Event()) as bell:
        own_redis.kill()
        own_redis.start()
        job = await yard.add_job(3)
        await bell.ring(WORK_TOPIC)
        await yard.until_ended(job)

    assert yard.begun == Counter(range(3))


async def test_two_processes_share_the_items(yard: Yard, own_redis: RedisServer) -> None:
    opened = called_by(own_redis)

    async with opened(yard, asyncio.Event()) as bell, opened(yard, asyncio.Event()):
        job = await yard.add_job(4 * SIZE)
        await bell.ring(WORK_TOPIC)
        await yard.until(lambda: yard.at_once == 2 * SIZE)
        yard.gate.set()
        await yard.until_ended(job)

    assert yard.begun == Counter(range(4 * SIZE))
