"""The plugin `watermark`: lays the watermark over every image that is taken in or edited."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.edit import Watermark
from app.domain.placing import Gravity
from app.imaging.edits.assets import Overlays
from app.imaging.edits.overlays import add_watermark
from app.imaging.plugins import Finding, Given


@dataclass(frozen=True, slots=True)
class WatermarkPlugin:
    overlays: Overlays

    def __call__(self, given: Given, /) -> Finding:
        return Finding(picture=add_watermark(given.picture, Watermark(), self.overlays))


def open_watermark(options: Mapping[str, object]) -> WatermarkPlugin:
    """Return the plugin; its options are those of the settings `GF_WATERMARK…`."""
    return WatermarkPlugin(
        Overlays(
            watermark=str(options["image"]),
            position=Gravity(str(options["position"])),
            opacity=float(str(options["opacity"])),
            scale=float(str(options["scale"])),
        )
    )
