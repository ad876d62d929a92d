"""A bounded number of processes that are asked one thing at a time, each replaced when it died or is worn out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from app.domain.errors import Busy, DecoderDied
from app.imaging.forking import ForkServer
from app.imaging.limits import PoolLimits
from app.imaging.process import PoolProcess

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


class ProcessPool:
    """A slot holds a process, or None where one has to be forked first."""

    def __init__(self, server: ForkServer, limits: PoolLimits) -> None:
        self._server = server
        self._limits = limits
        # Whoever was asked last is asked next: it is warm, and those that nobody needs are never forked.
        self._slots: asyncio.LifoQueue[PoolProcess | None] = asyncio.LifoQueue()
        self._calls = 0
        self._is_closed = False

    async def start(self) -> None:
        """Fork every process. Raises: Busy."""
        for process in await asyncio.gather(*(self._server.fork() for _ in range(self._limits.processes))):
            self._slots.put_nowait(process)

    def start_empty(self) -> None:
        """Let each process be forked when it is first needed."""
        for _ in range(self._limits.processes):
            self._slots.put_nowait(None)

    @property
    def free(self) -> int:
        """How many calls would not have to wait."""
        return self._slots.qsize()

    async def close(self) -> None:
        """Kill every process; calls that are under way end as Busy."""
        self._is_closed = True
        while not self._slots.empty():
            if (process := self._slots.get_nowait()) is not None:
                process.kill()
        await self._server.close()

    async def ask(self, request: object, kind: type[Result]) -> Result:
        """Return what a process answers.

        Raises:
            DecodeTimeout, DecoderDied: It took too long, or died; it is replaced.
            Busy: Too many calls wait, or this one has waited for too long.
            DomainError: What the answer says.
        """
        async with self.take() as process:
            return await self.ask_process(process, request, kind)

    async def ask_process(self, process: PoolProcess, request: object, kind: type[Result]) -> Result:
        """Return what a process that is held answers. Raises: as `ask`."""
        try:
            answer = await process.ask(request, self._limits.timeout_s)
        except DecoderDied as error:
            if self._is_closed:
                raise Busy("The server is stopping.") from error
            raise
        if answer.trace:
            logger.error("A process failed in an unexpected way.\n%s", answer.trace)
        if answer.error is not None:
            raise answer.error
        if not isinstance(answer.result, kind):
            raise TypeError(f"a {kind.__name__} was asked for, {type(answer.result).__name__} came")
        return answer.result

    @asynccontextmanager
    async def take(self) -> AsyncIterator[PoolProcess]:
        """Hold a process that is ready. Raises: Busy."""
        process = await self._wait()
        try:
            if process is not None and not process.is_idle():
                process.kill()
                process = None
            process = process or await self._server.fork()
            yield process
        finally:
            self._put_back(process)

    async def _wait(self) -> PoolProcess | None:
        """Return a free slot."""
        if self._is_closed or self._calls >= self._limits.processes + self._limits.max_waiting:
            raise Busy("Too many images are being worked on.")
        self._calls += 1
        try:
            async with asyncio.timeout(self._limits.max_wait_s):
                return await self._slots.get()
        except TimeoutError as error:
            self._calls -= 1
            raise Busy("Too many images are being worked on.") from error
        except BaseException:
            self._calls -= 1
            raise

    def _put_back(self, process: PoolProcess | None) -> None:
        self._calls -= 1
        if process is not None and process.calls >= self._limits.max_calls:
            process.kill()
        self._slots.put_nowait(process)
