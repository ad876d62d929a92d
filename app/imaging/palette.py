"""The few colours that a picture is mostly made of."""

import math
from dataclasses import dataclass, field
from typing import Final

from PIL import Image
from PIL.Image import Quantize

_SHADES: Final = 64
_MAX_COLORS: Final = 6
_MIN_DISTANCE: Final = 48.0
"""Closer in RGB than this, two colours are shades of one."""

_MIN_SHARE: Final = 0.005
"""A colour must fill this part of the picture."""

Color = tuple[int, int, int]


@dataclass(slots=True)
class _Cluster:
    """Shades around the most frequent one of them, each with its number of pixels."""

    center: Color
    shades: list[tuple[Color, int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(count for _, count in self.shades)

    @property
    def mean(self) -> str:
        """The mean colour as `#rrggbb`."""
        sums = (sum(color[channel] * count for color, count in self.shades) for channel in range(3))
        return "#" + "".join(f"{round(total / self.count):02x}" for total in sums)


def extract_palette(image: Image.Image) -> tuple[str, ...]:
    """Return one to six colours of an RGB picture as `#rrggbb`, the one that fills most of it first."""
    clusters: list[_Cluster] = []
    for color, count in _shades(image):
        nearest = min(clusters, key=lambda cluster: math.dist(cluster.center, color), default=None)
        if nearest is None or math.dist(nearest.center, color) >= _MIN_DISTANCE:
            nearest = _Cluster(color)
            clusters.append(nearest)
        nearest.shades.append((color, count))
    clusters.sort(key=lambda cluster: -cluster.count)
    floor = _MIN_SHARE * image.width * image.height
    return tuple(cluster.mean for cluster in clusters[:_MAX_COLORS] if cluster is clusters[0] or cluster.count >= floor)


def _shades(image: Image.Image) -> list[tuple[Color, int]]:
    """Return the colours of the picture's own palette with their number of pixels, the most frequent first."""
    quantized = image.quantize(_SHADES, Quantize.FASTOCTREE)
    palette = quantized.getpalette() or []
    counts = sorted(((count, index) for index, count in enumerate(quantized.histogram()) if count), reverse=True)
    return [((palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]), count) for count, i in counts]
