"""A bell that tells how many watch."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

from app.ports.meter import Meter
from app.ports.work import WORK_TOPIC, Bell


@dataclass(frozen=True, slots=True)
class MeteredBell:
    """A `Bell` around another; a topic is counted by what stands before its colon: `job`, `jobs` or `flow`."""

    bell: Bell
    meter: Meter

    async def ring(self, topic: str) -> None:
        await self.bell.ring(topic)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncGenerator[Callable[[float], Awaitable[None]]]:
        counted = nullcontext() if topic == WORK_TOPIC else self.meter.watching(topic.partition(":")[0])
        async with self.bell.listen(topic) as wait:
            with counted:
                yield wait
