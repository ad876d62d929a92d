"""ThumbHash of an opaque picture, byte for byte that of https://github.com/evanw/thumbhash."""

import math
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from app.imaging.cosine import project

_MAX_LUMINANCE: Final = 7
_NOISE: Final = 1e-9
"""Below this an amplitude is a rounding error of a flat channel."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """A channel's mean, and its waves scaled to 0 to 1 by the largest amplitude."""

    mean: float
    waves: tuple[float, ...]
    scale: float


def encode_thumbhash(image: Image.Image) -> str:
    """Return the ThumbHash of an RGB picture of at most 100 px a side, in standard base64."""
    width, height = image.size
    columns, lines = (max(1, _round(_MAX_LUMINANCE * side / max(image.size))) for side in image.size)
    red, green, blue = ([value / 255 for value in band.tobytes()] for band in image.split())
    luminance = _encode([(r + g + b) / 3 for r, g, b in zip(red, green, blue, strict=True)], width, (columns, lines))
    yellow = _encode([(r + g) / 2 - b for r, g, b in zip(red, green, blue, strict=True)], width, (3, 3))
    reddish = _encode([r - g for r, g in zip(red, green, strict=True)], width, (3, 3))
    is_landscape = width > height
    head = (
        _round(63 * luminance.mean)
        | _round(31.5 + 31.5 * yellow.mean) << 6
        | _round(31.5 + 31.5 * reddish.mean) << 12
        | _round(31 * luminance.scale) << 18
        | (lines if is_landscape else columns) << 24
        | _round(63 * yellow.scale) << 27
        | _round(63 * reddish.scale) << 33
        | is_landscape << 39
    )
    waves = luminance.waves + yellow.waves + reddish.waves
    return b64encode(head.to_bytes(5, "little") + bytes(_pack(waves))).decode()


def _encode(values: Sequence[float], width: int, counts: tuple[int, int]) -> _Channel:
    """Return a channel as the triangle of its lowest frequencies, at least 3 each way."""
    columns, lines = max(3, counts[0]), max(3, counts[1])
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    projected = project(rows, columns, lines, shift=0.5)
    waves = [
        projected[y][x] for y in range(lines) for x in range(columns) if (x or y) and x * lines < columns * (lines - y)
    ]
    scale = max(map(abs, waves))
    if scale < _NOISE:
        return _Channel(projected[0][0], (0,) * len(waves), 0)
    return _Channel(projected[0][0], tuple(0.5 + 0.5 / scale * wave for wave in waves), scale)


def _pack(waves: Sequence[float]) -> Iterator[int]:
    """Yield bytes of two waves of 4 bits each, the first in the lower half."""
    nibbles = [_round(15 * wave) for wave in waves]
    nibbles += [0] * (len(nibbles) % 2)
    for low, high in zip(nibbles[::2], nibbles[1::2], strict=True):
        yield low | high << 4


def _round(value: float) -> int:
    """Round halves up, as JavaScript does."""
    return math.floor(value + 0.5)
