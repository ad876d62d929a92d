"""The bell inside one process."""

import asyncio

from app.jobs.bell import LocalBell


async def test_wakes_all_who_listen_to_a_topic() -> None:
    bell = LocalBell()

    async with bell.listen("a") as first, bell.listen("a") as second, asyncio.timeout(5):
        await bell.ring("a")
        await first(60)
        await second(60)


async def test_remembers_a_ring_until_the_next_wait() -> None:
    bell = LocalBell()

    async with bell.listen("a") as wait, asyncio.timeout(5):
        await bell.ring("a")
        await bell.ring("a")
        await wait(60)
        before = asyncio.get_running_loop().time()
        await wait(0.05)

    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_leaves_listeners_of_other_topics_alone() -> None:
    bell = LocalBell()

    async with bell.listen("a") as wait:
        await bell.ring("b")
        before = asyncio.get_running_loop().time()
        await wait(0.05)

    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_keeps_nothing_for_listeners_that_have_gone() -> None:
    bell = LocalBell()

    async with bell.listen("a"), bell.listen("a"):
        pass

    assert bell.topics == frozenset()
