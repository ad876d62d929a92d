"""The embedded engine: runners as tasks of the server's own loop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from app.jobs.crew import Crew
from app.jobs.rounds import keep_on, running
from app.jobs.runner import Runner
from app.ports.work import WORK_TOPIC, Bell

IDLE_S = 5.0
"""How long a crew waits for the bell before it looks for work by itself."""

Wait = Callable[[float], Awaitable[None]]


@asynccontextmanager
async def open_engine(crews: Sequence[Crew], bell: Bell, stopping: asyncio.Event) -> AsyncGenerator[None]:
    """Run items until the block is left, and claim no more once `stopping` is set; what is unfinished is given back."""
    async with AsyncExitStack() as stack:
        for crew in crews:
            wait = await stack.enter_async_context(bell.listen(WORK_TOPIC))
            looking = asyncio.Lock()
            loops = (_run_items(crew.runner, looking, wait, stopping) for _ in range(crew.size))
            await stack.enter_async_context(running(*loops))
        yield


async def _run_items(runner: Runner, looking: asyncio.Lock, wait: Wait, stopping: asyncio.Event) -> None:
    """One of a crew looks for work, and wakes the next one when it finds some: a ring wakes no more than have work."""

    async def run_or_wait() -> None:
        async with looking:
            claim = None if stopping.is_set() else await runner.claim()
            if claim is None:
                await wait(IDLE_S)
        if claim is not None:
            await runner.run(claim)

    await keep_on(run_or_wait, 0)
