"""Edits of colours, by the formulas of CSS, so that what a browser previews is what comes out.

The matrices are those of https://www.w3.org/TR/filter-effects-1/, sections 6 and 9.
"""

import math
from collections.abc import Callable
from typing import Final

from PIL import Image

Matrix = tuple[float, ...]

_RED: Final = (0.213, 0.715, 0.072)
"""How bright the colours are, as CSS rounds it."""


def on_colors(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Return an RGB or RGBA picture of which the colours are changed, and the transparency is not."""
    if picture.mode != "RGBA":
        return change(picture)
    changed = change(picture.convert("RGB"))
    changed.putalpha(picture.getchannel("A"))
    return changed


def brighten(picture: Image.Image, amount: float) -> Image.Image:
    return _scale(picture, amount, 0)


def contrast(picture: Image.Image, amount: float) -> Image.Image:
    return _scale(picture, amount, 255 * (0.5 - 0.5 * amount))


def saturate(picture: Image.Image, amount: float) -> Image.Image:
    r, g, b = _RED
    kept = 1 - amount
    return _mix(
        picture,
        (r + (1 - r) * amount, g * kept, b * kept),
        (r * kept, g + (1 - g) * amount, b * kept),
        (r * kept, g * kept, b + (1 - b) * amount),
    )


def grayscale(picture: Image.Image, amount: float) -> Image.Image:
    kept = 1 - amount
    r, g, b = 0.2126, 0.7152, 0.0722
    return _mix(
        picture,
        (r + (1 - r) * kept, g * amount, b * amount),
        (r * amount, g + (1 - g) * kept, b * amount),
        (r * amount, g * amount, b + (1 - b) * kept),
    )


def sepia(picture: Image.Image, amount: float) -> Image.Image:
    kept = 1 - amount
    return _mix(
        picture,
        (0.393 + 0.607 * kept, 0.769 * amount, 0.189 * amount),
        (0.349 * amount, 0.686 + 0.314 * kept, 0.168 * amount),
        (0.272 * amount, 0.534 * amount, 0.131 + 0.869 * kept),
    )


def rotate_hue(picture: Image.Image, degrees: float) -> Image.Image:
    r, g, b = _RED
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _mix(
        picture,
        (r + cosine * (1 - r) - sine * r, g - cosine * g - sine * g, b - cosine * b + sine * (1 - b)),
        (r - cosine * r + sine * 0.143, g + cosine * (1 - g) + sine * 0.140, b - cosine * b - sine * 0.283),
        (r - cosine * r - sine * (1 - r), g - cosine * g + sine * g, b + cosine * (1 - b) + sine * b),
    )


def _scale(picture: Image.Image, slope: float, intercept: float) -> Image.Image:
    table = [min(255, max(0, round(slope * value + intercept))) for value in range(256)]
    return on_colors(picture, lambda colors: colors.point(table * 3))


def _mix(picture: Image.Image, *rows: Matrix) -> Image.Image:
    """Return a picture whose channels are weighed sums of those of this one."""
    matrix = tuple(weight for row in rows for weight in (*row, 0.0))
    return on_colors(picture, lambda colors: colors.convert("RGB", matrix))
