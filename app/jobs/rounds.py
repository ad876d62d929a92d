"""Rounds: what is done again and again, by one process of the cluster at a time."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from app.domain.errors import DomainError
from app.jobs.turns import Turns

RECOVERY_S = 1.0
"""How long a loop rests after the database failed it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """Work that is due each `every_s` seconds."""

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]


@asynccontextmanager
async def open_rounds(rounds: Sequence[Round], turns: Turns) -> AsyncGenerator[None]:
    """Go the rounds until the block is left."""
    async with running(*(keep_on(_taking_turns(each, turns), each.every_s) for each in rounds)):
        yield


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run loops beside the block, and cancel them at its end."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        await asyncio.gather(*map(stop, tasks))


async def keep_on(work: Callable[[], Awaitable[object]], every_s: float) -> None:
    """Do the work again and again, with up to a fifth more or less between, until the task is cancelled."""
    task = asyncio.current_task()
    while True:
        await attempt(work)
        if task is not None and task.cancelling():  # the client of Redis may make another error of it
            raise asyncio.CancelledError
        await asyncio.sleep(every_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads processes, hides nothing


async def attempt(work: Callable[[], Awaitable[object]]) -> None:
    """Do the work; a failure is logged and rested upon, not fatal."""
    try:
        await work()
    except DomainError as error:
        log.warning("engine waits", extra={"code": error.code})
        await asyncio.sleep(RECOVERY_S)
    except Exception:
        log.exception("engine met a bug")
        await asyncio.sleep(RECOVERY_S)


async def stop(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.wait({task})


def _taking_turns(each: Round, turns: Turns) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        if await turns.take(each.name, each.every_s * 0.75):
            await each.work()

    return work
