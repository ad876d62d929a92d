"""The imaging port on a bounded number of processes: a hostile picture costs one of them, never the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.domain.edit import EditOperation
from app.domain.errors import DecoderDied, DecodeTimeout
from app.domain.plugin import PluginFailed
from app.domain.variant import VariantSpec
from app.imaging.edits.assets import NO_OVERLAYS, Overlays
from app.imaging.forking import ForkServer
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.messages import Request, Task
from app.imaging.slots import ProcessPool
from app.ports.imaging import EditedBytes, Header, PluginCall, PluginFinding, Rendering, VariantBytes


class ImagingPool:
    """Implements `app.ports.Imaging`."""

    def __init__(self, processes: ProcessPool, overlays: Overlays = NO_OVERLAYS) -> None:
        self._processes = processes
        self._overlays = overlays

    async def inspect(self, path: Path) -> Header:
        """Read the header alone.

        Raises:
            InvalidImage: One of its kinds.
            SourceUnreadable, TooLarge, Busy
        """
        return await self._processes.ask(Request(Task.INSPECT, str(path)), Header)

    async def render(self, path: Path) -> Rendering:
        """Decode once and make everything.

        Raises:
            InvalidImage: One of its kinds.
            SourceUnreadable, TooLarge, Busy
        """
        return await self._processes.ask(Request(Task.RENDER, str(path)), Rendering)

    async def render_variant(self, path: Path, spec: VariantSpec) -> VariantBytes:
        """Make one variant.

        Raises:
            InvalidImage: One of its kinds.
            InvalidInput: The specification does not fit the picture.
            SourceUnreadable, TooLarge, Busy
        """
        request = Request(Task.VARIANT, str(path), spec, overlays=self._overlays)
        return await self._processes.ask(request, VariantBytes)

    async def edit(self, path: Path, operations: tuple[EditOperation, ...]) -> EditedBytes:
        """Do edits on the whole picture.

        Raises:
            InvalidImage: One of its kinds.
            InvalidInput: An operation does not fit the picture.
            SourceUnreadable, TooLarge, Busy
        """
        request = Request(Task.EDIT, str(path), operations=operations, overlays=self._overlays)
        return await self._processes.ask(request, EditedBytes)

    async def run_plugin(self, path: Path, call: PluginCall) -> PluginFinding:
        """Show a picture to a plugin, which has a process of the pool for as long as any picture may take.

        Raises:
            PluginFailed: It failed, died, or was too slow.
            InvalidImage: One of its kinds.
            SourceUnreadable, TooLarge, Busy
        """
        try:
            return await self._processes.ask(Request(Task.PLUGIN, str(path), plugin=call), PluginFinding)
        except DecodeTimeout as error:
            raise PluginFailed(f"The plugin {call.name!r} took too long.") from error
        except DecoderDied as error:
            raise PluginFailed(f"The plugin {call.name!r} died, or needs more memory than is allowed.") from error


@asynccontextmanager
async def open_pool(
    limits: ImageLimits, pool: PoolLimits, overlays: Overlays = NO_OVERLAYS
) -> AsyncIterator[ImagingPool]:
    """Hold a pool of imaging processes; none is left afterwards.

    Raises:
        Busy: The machine gives no processes.
    """
    processes = ProcessPool(ForkServer("app.imaging.forkserver", limits, pool), pool)
    try:
        await processes.start()
        yield ImagingPool(processes, overlays)
    finally:
        await processes.close()
