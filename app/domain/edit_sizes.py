"""How large a picture is after its edits; exact before any pixel is decoded."""

import math
from dataclasses import dataclass

from app.domain.edit import EditOperation, Resize, Rotate, kind_of
from app.domain.errors import DomainError, InvalidInput
from app.domain.placing import Crop

Size = tuple[int, int]
"""Width and height, px."""


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """What a picture may have at most, px, also between two operations."""

    max_pixels: int
    max_side: int


def edited_size(operations: tuple[EditOperation, ...], size: Size, limits: SizeLimits) -> Size:
    """Return the size after all operations.

    Raises:
        InvalidInput: One of them does not fit the picture; `field` is its place in the list, and its name.
    """
    for number, operation in enumerate(operations):
        try:
            size = size_after(operation, size)
            _check(size, limits)
        except DomainError as error:
            name = kind_of(operation).lower()
            raise InvalidInput(error.message, field=("operations", str(number), name, *error.field)) from error
    return size


def size_after(operation: EditOperation, size: Size) -> Size:
    """Return the size after one operation. Raises: InvalidInput, when it is a crop of what is not there."""
    if isinstance(operation, Crop):
        return _cropped(operation, size)
    if isinstance(operation, Rotate):
        return _rotated(operation.degrees, size)
    if isinstance(operation, Resize):
        return _resized(operation, size)
    return size


def _cropped(crop: Crop, size: Size) -> Size:
    width, height = size
    right, lower = crop.x + crop.width, crop.y + crop.height
    if min(crop.x, crop.y) < 0 or min(crop.width, crop.height) < 1 or right > width or lower > height:
        raise InvalidInput(f"The part to be cropped is not within the {width} x {height} px.")
    return crop.width, crop.height


def _rotated(degrees: float, size: Size) -> Size:
    """Return the size of the canvas that holds the whole turned picture."""
    width, height = size
    if degrees % 90 == 0:
        return (height, width) if degrees % 180 else size
    sine, cosine = (abs(wave(math.radians(degrees))) for wave in (math.sin, math.cos))
    return _up(width * cosine + height * sine), _up(width * sine + height * cosine)


def _up(side: float) -> int:
    """Return a side rounded up, but for what is left of exact numbers by floating point."""
    return math.ceil(side - 1e-6)


def _resized(resize: Resize, size: Size) -> Size:
    width, height = size
    return (
        resize.width or max(1, round(width * (resize.height or height) / height)),
        resize.height or max(1, round(height * (resize.width or width) / width)),
    )


def _check(size: Size, limits: SizeLimits) -> None:
    width, height = size
    if max(size) > limits.max_side or width * height > limits.max_pixels:
        raise InvalidInput(
            f"The picture would have {width} x {height} px; "
            f"{limits.max_side} px a side and {limits.max_pixels} px are allowed."
        )
