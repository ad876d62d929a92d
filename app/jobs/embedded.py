"""The embedded engine: runners as tasks of the server's own loop."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from app.jobs.crew import Crew
from app.jobs.rounds import keep_on, running
from app.jobs.runner import Runner
from app.ports.work import WORK_TOPIC, Bell

IDLE_S = 5.0
"""How long a runner waits for the bell before it looks for work by itself."""


@asynccontextmanager
async def open_engine(crews: Sequence[Crew], bell: Bell, stopping: asyncio.Event) -> AsyncGenerator[None]:
    """Run items until the block is left, and claim no more once `stopping` is set; what is unfinished is given back."""
    runners = [crew.runner for crew in crews for _ in range(crew.size)]
    async with running(*(_run_items(runner, bell, stopping) for runner in runners)):
        yield


async def _run_items(runner: Runner, bell: Bell, stopping: asyncio.Event) -> None:
    async with bell.listen(WORK_TOPIC) as wait:

        async def run_or_wait() -> None:
            if stopping.is_set() or not await runner.run_next():
                await wait(IDLE_S)

        await keep_on(run_or_wait, 0)
