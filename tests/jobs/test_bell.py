"""Bells: inside one process, and from process to process by Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.jobs.bell import LocalBell
from app.jobs.connection import open_redis
from app.jobs.redis_bell import open_redis_bell
from app.metering.prometheus import PrometheusMeter
from app.ports.work import Bell

Bells = tuple[Bell, Bell]
"""The one that is rung, and the one that is listened to."""


@pytest.fixture(params=["local", "redis"])
async def bells(request: pytest.FixtureRequest) -> AsyncIterator[Bells]:
    if request.param == "local":
        bell = LocalBell()
        yield bell, bell
        return
    redis = request.getfixturevalue("shared_redis")
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(
                open_redis_bell(await stack.enter_async_context(open_redis(redis.url)), {}, PrometheusMeter())
            )
            for _ in range(2)
        ]
        async with second.listen("hello") as wait, asyncio.timeout(10):
            await wait(10)  # it wakes everybody when it begins to hear
        yield first, second


async def test_wakes_all_who_listen_to_a_topic(bells: Bells) -> None:
    ringing, listening = bells

    async with listening.listen("a") as first, listening.listen("a") as second, asyncio.timeout(5):
        await ringing.ring("a")
        await first(60)
        await second(60)


async def test_wakes_those_of_its_own_process(bells: Bells) -> None:
    ringing, _ = bells

    async with ringing.listen("a") as wait, asyncio.timeout(5):
        await ringing.ring("a")
        await wait(60)


async def test_remembers_a_ring_until_the_next_wait(bells: Bells) -> None:
    _, listening = bells

    async with listening.listen("a") as wait, asyncio.timeout(5):
        await listening.ring("a")
        await listening.ring("a")
        await wait(60)
        before = asyncio.get_running_loop().time()
        await wait(0.05)

    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_leaves_listeners_of_other_topics_alone(bells: Bells) -> None:
    ringing, listening = bells

    async with listening.listen("a") as wait, listening.listen("b") as wait_for_other, asyncio.timeout(5):
        await ringing.ring("b")
        await wait_for_other(60)
        before = asyncio.get_running_loop().time()
        await wait(0.05)

    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_keeps_nothing_for_listeners_that_have_gone() -> None:
    bell = LocalBell()

    async with bell.listen("a"), bell.listen("a"):
        pass

    assert bell.topics == frozenset()
