"""The bell over Redis while Redis comes and goes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.jobs.connection import open_redis
from app.jobs.redis_bell import RedisBell, open_redis_bell
from app.metering.prometheus import PrometheusMeter
from app.ports.work import WORK_TOPIC
from tests.redis_server import RedisServer


@asynccontextmanager
async def open_bell(redis: RedisServer, calls: list[str] | None = None) -> AsyncGenerator[RedisBell]:
    async def call(name: str) -> None:
        (calls if calls is not None else []).append(name)

    topics = {name: (lambda name=name: call(name)) for name in ("work:a", "work:b")}
    async with open_redis(redis.url) as client, open_redis_bell(client, topics, PrometheusMeter()) as bell:
        async with bell.listen("hello") as wait, asyncio.timeout(10):
            await wait(10)
        yield bell


async def test_calls_every_crew_for_work_and_one_for_its_own(shared_redis: RedisServer) -> None:
    calls: list[str] = []

    async with open_bell(shared_redis, calls) as bell, asyncio.timeout(5):
        await bell.ring(WORK_TOPIC)
        while len(calls) < 2:
            await asyncio.sleep(0.005)
        await bell.ring("work:b")
        while len(calls) < 3:
            await asyncio.sleep(0.005)

    assert (sorted(calls[:2]), calls[2:]) == (["work:a", "work:b"], ["work:b"])


async def test_sends_what_is_left_when_it_ends(shared_redis: RedisServer) -> None:
    calls: list[str] = []

    async with open_bell(shared_redis, calls) as bell:
        await bell.ring("work:a")

    assert calls == ["work:a"]


async def test_nobody_waits_for_a_redis_that_does_not_answer(own_redis: RedisServer) -> None:
    async with open_bell(own_redis) as bell, bell.listen("a") as wait:
        own_redis.freeze()
        async with asyncio.timeout(1):
            await bell.ring("a")
            await wait(60)
        own_redis.thaw()


async def test_is_heard_again_when_redis_has_come_back(own_redis: RedisServer) -> None:
    async with open_bell(own_redis) as ringing, open_bell(own_redis) as listening:
        own_redis.kill()
        await ringing.ring("a")
        async with listening.listen("a") as wait, asyncio.timeout(15):
            own_redis.start()
            await wait(60)  # by the ring that was remembered, or because news may have been missed
            await wait(2)
            await ringing.ring("a")
            await wait(60)
