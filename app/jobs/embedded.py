"""The embedded engine: runners and sweepers as tasks of the server's own loop."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from app.domain.errors import DomainError
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.ports.work import WORK_TOPIC, Bell

IDLE_S = 5.0
"""How long a runner waits for the bell before it looks for work by itself."""

RECOVERY_S = 1.0
"""How long a loop rests after the database failed it."""

SWEEP_S = 5.0
MAINTENANCE_S = 3600.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_engine(
    runners: Sequence[Runner], sweeper: Sweeper, bell: Bell, *, maintain: Callable[[], Awaitable[object]]
) -> AsyncGenerator[None]:
    """Run an item by each runner at once until the block is left; then unfinished items are given back."""
    async with AsyncExitStack() as stack:
        for runner in runners:
            stack.push_async_callback(stop, asyncio.create_task(_run_items(runner, bell)))
        stack.push_async_callback(stop, asyncio.create_task(keep_on(sweeper.sweep, SWEEP_S)))
        stack.push_async_callback(stop, asyncio.create_task(keep_on(maintain, MAINTENANCE_S)))
        yield


async def _run_items(runner: Runner, bell: Bell) -> None:
    async with bell.listen(WORK_TOPIC) as wait:

        async def run_or_wait() -> None:
            if not await runner.run_next():
                await wait(IDLE_S)

        await keep_on(run_or_wait, 0)


async def keep_on(work: Callable[[], Awaitable[object]], every_s: float) -> None:
    """Do the work again and again, with up to a fifth more or less between; a failure is logged, not fatal."""
    while True:
        try:
            await work()
        except DomainError as error:
            log.warning("engine waits", extra={"code": error.code})
            await asyncio.sleep(RECOVERY_S)
        except Exception:
            log.exception("engine met a bug")
            await asyncio.sleep(RECOVERY_S)
        await asyncio.sleep(every_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads processes, hides nothing


async def stop(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.wait({task})
