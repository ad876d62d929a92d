"""The imaging port on a bounded number of processes: a hostile picture costs one of them, never the server."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from app.domain.errors import Busy, DecoderDied
from app.domain.variant import VariantSpec
from app.imaging.forking import ForkServer
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.messages import Request, Task
from app.imaging.process import ImagingProcess
from app.ports.imaging import Header, Rendering, VariantBytes

logger = logging.getLogger(__name__)
Result = TypeVar("Result", Header, Rendering, VariantBytes)


class ImagingPool:
    """Implements `app.ports.Imaging`. A slot holds a process, or None where one has to be forked first."""

    def __init__(self, server: ForkServer, limits: PoolLimits) -> None:
        self._server = server
        self._limits = limits
        self._slots: asyncio.Queue[ImagingProcess | None] = asyncio.Queue()
        self._calls = 0
        self._is_closed = False

    async def start(self) -> None:
        """Fork every process. Raises: Busy."""
        for process in await asyncio.gather(*(self._server.fork() for _ in range(self._limits.processes))):
            self._slots.put_nowait(process)

    async def close(self) -> None:
        """Kill every process; calls that are under way end as Busy."""
        self._is_closed = True
        while not self._slots.empty():
            if (process := self._slots.get_nowait()) is not None:
                process.kill()
        await self._server.close()

    async def inspect(self, path: Path) -> Header:
        """Read the header alone.

        Raises:
            InvalidImage: One of its kinds.
            SourceUnreadable, TooLarge, Busy
        """
        return await self._run(Request(Task.INSPECT, str(path)), Header)

    async def render(self, path: Path) -> Rendering:
        """Decode once and make everything.

        Raises:
            InvalidImage: One of its kinds.
            SourceUnreadable, TooLarge, Busy
        """
        return await self._run(Request(Task.RENDER, str(path)), Rendering)

    async def render_variant(self, path: Path, spec: VariantSpec) -> VariantBytes:
        """Make one variant.

        Raises:
            InvalidImage: One of its kinds.
            InvalidInput: The specification does not fit the picture.
            SourceUnreadable, TooLarge, Busy
        """
        return await self._run(Request(Task.VARIANT, str(path), spec), VariantBytes)

    async def _run(self, request: Request, kind: type[Result]) -> Result:
        async with self._take() as process:
            answer = await process.ask(request, self._limits.timeout_s)
        if answer.trace:
            logger.error("Imaging failed in an unexpected way.\n%s", answer.trace)
        if answer.error is not None:
            raise answer.error
        if not isinstance(answer.result, kind):
            raise TypeError(f"{request.task} was answered with {type(answer.result).__name__}")
        return answer.result

    @asynccontextmanager
    async def _take(self) -> AsyncIterator[ImagingProcess]:
        """Hold a process that is ready."""
        process = await self._wait()
        try:
            if process is not None and not process.is_idle():
                process.kill()
                process = None
            process = process or await self._server.fork()
            yield process
        except DecoderDied as error:
            if self._is_closed:
                raise Busy("The server is stopping.") from error
            raise
        finally:
            self._put_back(process)

    async def _wait(self) -> ImagingProcess | None:
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

    def _put_back(self, process: ImagingProcess | None) -> None:
        self._calls -= 1
        if process is not None and process.calls >= self._limits.max_calls:
            process.kill()
        self._slots.put_nowait(process)


@asynccontextmanager
async def open_pool(limits: ImageLimits, pool: PoolLimits) -> AsyncIterator[ImagingPool]:
    """Hold a pool of imaging processes; none is left afterwards.

    Raises:
        Busy: The machine gives no processes.
    """
    imaging = ImagingPool(ForkServer(limits, pool), pool)
    try:
        await imaging.start()
        yield imaging
    finally:
        await imaging.close()
