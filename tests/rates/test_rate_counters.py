"""Counters of rates: in this process, and in Redis for all processes."""

import subprocess
from collections.abc import AsyncIterator

import pytest

from app.metering.prometheus import PrometheusMeter
from app.ports.rates import RateCounters
from app.rates.counters import open_counters
from app.rates.memory import MemoryCounters


@pytest.fixture(params=["memory", "redis"])
async def counters(request: pytest.FixtureRequest) -> AsyncIterator[RateCounters]:
    url = request.getfixturevalue("redis_server")[0] if request.param == "redis" else None
    async with open_counters(url, PrometheusMeter()) as opened:
        yield opened


async def test_adds_to_each_counter(counters: RateCounters) -> None:
    first = await counters.add({"a": 2, "b": 1}, 60)
    second = await counters.add({"a": 3}, 60)

    assert (first, second) == ({"a": 2, "b": 1}, {"a": 5})


async def test_processes_count_together_in_redis(redis_server: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = redis_server
    async with open_counters(url, PrometheusMeter()) as one, open_counters(url, PrometheusMeter()) as other:
        await one.add({"a": 2}, 60)

        assert await other.add({"a": 1}, 60) == {"a": 3}


async def test_lets_everybody_through_when_redis_is_gone(redis_server: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, process = redis_server
    meter = PrometheusMeter()
    async with open_counters(url, meter) as counters:
        await counters.add({"a": 1}, 60)
        process.kill()
        process.wait()

        answers = [await counters.add({"a": 1}, 60) for _ in range(3)]

    assert answers == [None, None, None]
    assert meter.registry.get_sample_value("gf_rate_failures_total") == 3


@pytest.mark.parametrize(("age", "count"), [(0.0, 2), (119.0, 2), (121.0, 2), (239.0, 2), (241.0, 1)])
async def test_forgets_what_was_not_counted_for_a_while(age: float, count: int) -> None:
    now = 0.0
    counters = MemoryCounters(lambda: now)
    await counters.add({"a": 1}, 120)

    now = age

    assert await counters.add({"a": 1}, 120) == {"a": count}


async def test_keeps_no_counters_of_callers_that_have_gone() -> None:
    now = 0.0
    counters = MemoryCounters(lambda: now)
    for minute in range(10):
        now = minute * 60.0
        await counters.add({f"{minute}:{number}": 1 for number in range(100)}, 60)

    assert len(counters) == 200
