"""Pictures by formula, the same wherever they are made, and the places at which their numbers are compared."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

SIZES = ((400, 300), (300, 400), (400, 225), (400, 401), (256, 256), (64, 48), (1000, 333))
INTERPOLATIONS = ("BILINEAR", "BICUBIC")


def make_picture(width: int, height: int) -> Image.Image:
    """Return waves of every length in each colour: sharp and smooth parts alike."""
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    red = 127.5 + 127.5 * np.sin(x * x / 90 + y / 7)
    green = 127.5 + 127.5 * np.sin(y * y / 70 - x / 5)
    blue = (x * 7 + y * 13) % 256 + np.zeros((height, width))
    return Image.fromarray(np.stack([red, green, blue], -1).round().astype(np.uint8), "RGB")


def places() -> Iterator[tuple[int, int, int]]:
    """Yield (channel, y, x): the corners, the middle, and others between."""
    for channel in range(3):
        for y in (0, 1, 37, 111, 112, 160, 222, 223):
            for x in (0, 1, 53, 111, 112, 190, 222, 223):
                yield channel, y, x
