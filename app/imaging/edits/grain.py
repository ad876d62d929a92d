"""Noise that a seed fixes: the same grain on every machine."""

import random
from statistics import NormalDist
from typing import Final

from PIL import Image, ImageChops

from app.imaging.edits.colors import on_colors

_MIDDLE: Final = 128
_BAND_ROWS: Final = 256
"""So many rows are worked on at once, for the sake of memory."""


def add_noise(picture: Image.Image, amount: float, seed: int) -> Image.Image:
    """Return a picture of which every pixel is made lighter or darker by chance.

    Args:
        amount: The standard deviation in steps of 255.
    """
    return on_colors(picture, lambda colors: _add_grain(colors, amount, seed))


def _add_grain(picture: Image.Image, amount: float, seed: int) -> Image.Image:
    table = _deviations(amount)
    chance = random.Random(seed)  # noqa: S311 - it is to be the same each time
    grainy = Image.new("RGB", picture.size)
    for upper in range(0, picture.height, _BAND_ROWS):
        band = picture.crop((0, upper, picture.width, min(picture.height, upper + _BAND_ROWS)))
        bytes_of_band = chance.randbytes(band.width * band.height).translate(table)
        grain = Image.frombytes("L", band.size, bytes_of_band)
        grainy.paste(ImageChops.add(band, Image.merge("RGB", (grain,) * 3), 1, -_MIDDLE), (0, upper))
    return grainy


def _deviations(amount: float) -> bytes:
    """Return for each of 256 equally likely bytes a deviation around the middle, normally distributed."""
    if not amount:
        return bytes([_MIDDLE]) * 256
    normal = NormalDist(_MIDDLE, amount)
    return bytes(min(255, max(0, round(normal.inv_cdf((byte + 0.5) / 256)))) for byte in range(256))
