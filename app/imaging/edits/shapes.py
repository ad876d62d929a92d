"""Edits of the shape: crop, rotate, flip and resize."""

import math
from typing import Final

from PIL import Image
from PIL.Image import Resampling, Transform, Transpose

from app.domain.edit import Flip, FlipDirection, Resize, Rotate
from app.domain.edit_sizes import size_after
from app.domain.placing import Crop
from app.imaging import steps
from app.imaging.filters import flatten_over

_QUARTERS: Final = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}
_FLIPS: Final = {
    FlipDirection.HORIZONTAL: Transpose.FLIP_LEFT_RIGHT,
    FlipDirection.VERTICAL: Transpose.FLIP_TOP_BOTTOM,
}


def crop(picture: Image.Image, operation: Crop) -> Image.Image:
    left, upper = operation.x, operation.y
    return picture.crop((left, upper, left + operation.width, upper + operation.height))


def flip(picture: Image.Image, operation: Flip) -> Image.Image:
    return picture.transpose(_FLIPS[operation.direction])


def resize(picture: Image.Image, operation: Resize) -> Image.Image:
    return steps.resize(picture, size_after(operation, picture.size))


def rotate(picture: Image.Image, operation: Rotate) -> Image.Image:
    """Turn around the middle; quarters of a turn lose nothing."""
    degrees = operation.degrees % 360
    if degrees % 90 == 0:
        return picture.transpose(_QUARTERS[int(degrees)]) if degrees else picture
    size = size_after(operation, picture.size)
    turned = picture.convert("RGBA").transform(size, Transform.AFFINE, _back(degrees, size, picture.size), _SMOOTH)
    return flatten_over(turned, operation.background) if operation.background else turned


_SMOOTH: Final = Resampling.BICUBIC


def _back(degrees: float, size: tuple[int, int], before: tuple[int, int]) -> tuple[float, ...]:
    """Return the affine map from a turned picture to what it was before, both around their middles."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    (x, y), (old_x, old_y) = ((side / 2 for side in sides) for sides in (size, before))
    return cosine, sine, old_x - cosine * x - sine * y, -sine, cosine, old_y + sine * x - cosine * y
