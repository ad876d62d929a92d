"""The bell inside one process: wakes those who listen to a topic."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager


class LocalBell:
    """An `asyncio.Event` for each listener; nothing is kept for a topic that nobody listens to."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}

    @property
    def topics(self) -> frozenset[str]:
        """What somebody listens to."""
        return frozenset(self._listeners)

    async def ring(self, topic: str) -> None:
        self.wake(topic)

    def wake(self, topic: str) -> None:
        for event in self._listeners.get(topic, ()):
            event.set()

    def ring_all(self) -> None:
        """Wake everybody: news may have been missed."""
        for listeners in self._listeners.values():
            for event in listeners:
                event.set()

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncGenerator[Callable[[float], Awaitable[None]]]:
        event = asyncio.Event()
        self._listeners.setdefault(topic, set()).add(event)

        async def wait(timeout_s: float) -> None:
            try:
                async with asyncio.timeout(timeout_s):
                    await event.wait()
            except TimeoutError:
                return
            event.clear()

        try:
            yield wait
        finally:
            listeners = self._listeners[topic]
            listeners.discard(event)
            if not listeners:
                del self._listeners[topic]
