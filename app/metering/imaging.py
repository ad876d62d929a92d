"""Imaging that tells how long its work takes, and how large its thumbnails are."""

from dataclasses import dataclass
from pathlib import Path

from app.domain.edit import EditOperation
from app.domain.image import ThumbnailSize
from app.domain.variant import VariantSpec
from app.metering.timing import timed
from app.ports.imaging import EditedBytes, Header, Imaging, PluginCall, PluginFinding, Rendering, VariantBytes
from app.ports.meter import Meter


@dataclass(frozen=True, slots=True)
class MeteredImaging:
    """An `Imaging` around another. Failures take time, too, and are timed alike."""

    imaging: Imaging
    meter: Meter

    async def inspect(self, path: Path) -> Header:
        with timed(self.meter.observe_imaging, "inspect"):
            return await self.imaging.inspect(path)

    async def render(self, path: Path) -> Rendering:
        with timed(self.meter.observe_imaging, "render"):
            rendering = await self.imaging.render(path)
        for size, data in zip(ThumbnailSize, rendering.thumbnails, strict=True):
            self.meter.observe_thumbnail(size, len(data))
        return rendering

    async def render_variant(self, path: Path, spec: VariantSpec) -> VariantBytes:
        with timed(self.meter.observe_imaging, "render_variant"):
            return await self.imaging.render_variant(path, spec)

    async def edit(self, path: Path, operations: tuple[EditOperation, ...]) -> EditedBytes:
        with timed(self.meter.observe_imaging, "edit"):
            return await self.imaging.edit(path, operations)

    async def run_plugin(self, path: Path, call: PluginCall) -> PluginFinding:
        return await self.imaging.run_plugin(path, call)
