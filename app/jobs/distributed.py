"""The distributed engine: workers that are called by taskiq over streams of Redis, on any number of machines.

A call says that there may be work, never which: a worker that is called claims the item whose turn it is, calls the
next worker before it begins, and goes on claiming until nothing is due. So one call wakes as many workers as there are
items, and dies when there are none left; one that is lost or doubled changes nothing. Whoever sweeps calls for what was
left lying.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver

from app.domain.job import Claim
from app.jobs.crew import Crew, crew_topic
from app.jobs.rounds import attempt, keep_on, running
from app.jobs.stream import RENEW_S, TASK, CallStream
from app.ports.work import Bell


@asynccontextmanager
async def open_workers(
    crews: Sequence[Crew], streams: Mapping[str, CallStream], bell: Bell, stopping: asyncio.Event
) -> AsyncGenerator[None]:
    """Answer calls until the block is left or `stopping` is set; what is unfinished at the end is given back.

    Args:
        streams: By the topics of the crews.
    """
    called = [CalledCrew(crew, streams[crew_topic(crew.name)], bell, stopping) for crew in crews]
    async with running(*(keep_on(stream.renew, RENEW_S) for stream in streams.values())):
        listening = [asyncio.create_task(crew.listen()) for crew in called]
        try:
            yield
        finally:
            stopping.set()
            for crew in called:
                crew.give_back()
            await asyncio.wait(listening)


class CalledCrew:
    """A crew that works in this process when it is called."""

    def __init__(self, crew: Crew, stream: CallStream, bell: Bell, stopping: asyncio.Event) -> None:
        self._crew = crew
        self._stream = stream
        self._bell = bell
        self._stopping = stopping
        self._working: set[asyncio.Task[None]] = set()

        @stream.task(task_name=TASK)
        async def answer_call() -> None:
            await self._answer_call()

    async def listen(self) -> None:
        """Answer calls until `stopping` is set; return when what was begun has ended."""
        while not self._stopping.is_set():
            await attempt(self._receive)

    def give_back(self) -> None:
        """Break off what is unfinished, and queue it again."""
        for task in self._working:
            task.cancel()

    async def _receive(self) -> None:
        receiver = Receiver(
            self._stream,
            validate_params=False,
            max_async_tasks=self._crew.size,
            ack_type=AcknowledgeType.WHEN_EXECUTED,
        )
        await receiver.listen(self._stopping)

    async def _answer_call(self) -> None:
        # In a task of its own: taskiq would take its cancellation for a failure.
        working = asyncio.create_task(attempt(self._work))
        self._working.add(working)
        working.add_done_callback(self._working.discard)
        await asyncio.wait({working})

    async def _work(self) -> None:
        claim = await self._claim()
        if claim is not None:
            await self._bell.ring(crew_topic(self._crew.name))
        while claim is not None:
            await self._crew.runner.run(claim)
            claim = await self._claim()

    async def _claim(self) -> Claim | None:
        return None if self._stopping.is_set() else await self._crew.runner.claim()
