"""Every mode that a decoder gives, as one of those that can be resized."""

import math
from typing import Final

from PIL import Image

_RESIZABLE: Final = ("L", "LA", "RGB", "RGBA", "CMYK")
_DEEP: Final = ("I", "I;16", "I;16B", "F")


def simplify(image: Image.Image) -> Image.Image:
    """Return the picture in mode L, LA, RGB, RGBA or CMYK."""
    if image.mode in _DEEP:
        return _narrow(image)
    if "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in _RESIZABLE:
        return image
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")  # P, PA, YCbCr, LAB and the like


def _narrow(image: Image.Image) -> Image.Image:
    """Return gray of 16 bits or more as 8-bit, rounded; Pillow's own conversion cuts everything above 255."""
    deep = image if image.mode in ("I;16", "F") else image.convert("I")
    white = _white_of(deep)
    gray = deep.point(lambda value: value * (255 / white) + 0.5).convert("L")
    key = image.info.get("transparency")
    if isinstance(key, int) and 0 <= key < 2**16 and deep.mode == "I;16":
        opaque = [255] * 2**16
        opaque[key] = 0
        gray = Image.merge("LA", (gray, deep.convert("I").point(opaque, "L")))
    return gray


def _white_of(deep: Image.Image) -> float:
    """Return what is white: nothing in the file says so of numbers that are neither 8-bit nor 16-bit.

    Floating point is from 0 to 1 in all but name; other numbers are of the least depth that holds the largest.
    """
    if deep.mode == "I;16":
        return 65535
    largest = deep.getextrema()[1]
    if not isinstance(largest, int | float) or not math.isfinite(largest):
        return 1
    steps = (1, 255, 65535) if deep.mode == "F" else (65535,)
    return next((float(white) for white in steps if largest <= white), float(largest))
