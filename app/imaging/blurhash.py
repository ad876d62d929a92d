"""BlurHash, digit for digit that of https://github.com/woltapp/blurhash."""

import math
from collections.abc import Sequence
from typing import Final

from PIL import Image

from app.imaging.cosine import project

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_LINEAR: Final = tuple(
    value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in range(256)
)
"""Linear light of each 8-bit sRGB value (IEC 61966-2-1)."""


def encode_blurhash(image: Image.Image, columns: int, lines: int) -> str:
    """Return the BlurHash of an RGB picture with `columns` x `lines` components, 1 to 9 each."""
    channels = [_project(band, columns, lines) for band in image.split()]
    mean, *waves = zip(*channels, strict=True)
    largest = max((abs(value) for wave in waves for value in wave), default=0.0)
    scale = max(0, min(82, math.floor(largest * 166 - 0.5)))
    size = _base83(columns - 1 + (lines - 1) * 9, 1) + _base83(scale, 1)
    return size + _base83(_color(mean), 4) + "".join(_base83(_wave(wave, (scale + 1) / 166), 2) for wave in waves)


def _project(band: Image.Image, columns: int, lines: int) -> list[float]:
    """Return the components of a channel in linear light, row by row; all but the first count twice."""
    light = [_LINEAR[value] for value in band.tobytes()]
    rows = [light[start : start + band.width] for start in range(0, len(light), band.width)]
    mean, *waves = (value for line in project(rows, columns, lines, shift=0) for value in line)
    return [mean, *(2 * wave for wave in waves)]


def _color(mean: Sequence[float]) -> int:
    red, green, blue = map(_to_srgb, mean)
    return red << 16 | green << 8 | blue


def _to_srgb(light: float) -> int:
    light = max(0.0, min(1.0, light))
    encoded = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return int(encoded * 255 + 0.5)


def _wave(wave: Sequence[float], largest: float) -> int:
    number = 0
    for value in wave:
        root = math.copysign(math.sqrt(abs(value / largest)), value)
        number = number * 19 + max(0, min(18, math.floor(root * 9 + 9.5)))
    return number


def _base83(number: int, length: int) -> str:
    return "".join(_DIGITS[number // 83**power % 83] for power in reversed(range(length)))
