"""Rounds: gone by one process at a time, and what the sweeper rings for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.image import new_image_id
from app.domain.job import Job, JobItem, JobKind, Progress, new_job_id
from app.domain.viewer import UserId
from app.jobs.bell import LocalBell
from app.jobs.connection import open_redis
from app.jobs.sweeper import Sweeper
from app.jobs.turns import OwnTurns, RedisTurns
from app.metering.prometheus import PrometheusMeter
from app.ports.work import WORK_TOPIC
from app.records.sqlite.database import open_records
from tests.redis_server import RedisServer

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_one_of_two_takes_a_turn_until_it_is_over(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.url) as first, open_redis(own_redis.url) as second:
        taken = [await RedisTurns(client).take("sweep", 60) for client in (first, second, first)]
        other = await RedisTurns(second).take("maintenance", 60)
        await first.delete("gf:turn:sweep")
        again = await RedisTurns(second).take("sweep", 60)

    assert (taken, other, again) == ([True, False, False], True, True)


async def test_everybody_takes_a_turn_without_redis(own_redis: RedisServer) -> None:
    own_redis.kill()

    async with open_redis(own_redis.url) as client:
        assert [await RedisTurns(client).take("sweep", 60) for _ in range(2)] == [True, True]
    assert await OwnTurns().take("sweep", 60) is True


@pytest.mark.parametrize(("age_s", "is_rung"), [(9, False), (11, True)])
async def test_rings_for_what_has_been_due_for_a_while(tmp_path: Path, age_s: float, is_rung: bool) -> None:
    bell = LocalBell()
    async with open_records(tmp_path / "records.sqlite") as records, bell.listen(WORK_TOPIC) as wait:
        created_at = NOW - timedelta(seconds=age_s)
        job = Job(
            id=new_job_id(),
            kind=JobKind.LOCAL,
            owner_id=UserId("user:owner"),
            flows=(),
            client_type=None,
            created_at=created_at,
            progress=Progress(1),
        )
        await records.jobs.add(job, [JobItem(job.id, 0, new_image_id(), "/one.jpg")])

        await Sweeper(records, bell, lambda: NOW, PrometheusMeter()).sweep()

        assert await _returns_before(wait, 0.05) is is_rung


async def _returns_before(wait: Callable[[float], Awaitable[None]], timeout_s: float) -> bool:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await wait(timeout_s)
    return loop.time() - before < timeout_s
