"""Turns of a picture, followed backwards: where a part of what is shown is in what is stored."""

from typing import Final

from PIL.Image import Transpose

from app.domain.framing import Box, Size
from app.imaging.steps import TRANSPOSES

_CLOCKWISE: Final = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}
_EXCHANGING: Final = {Transpose.ROTATE_90, Transpose.ROTATE_270, Transpose.TRANSPOSE, Transpose.TRANSVERSE}


def turns_of(orientation: int, degrees: int) -> tuple[Transpose, ...]:
    """Return the turns that show a stored picture: upright (EXIF 2.32, tag 0x0112), then clockwise by `degrees`."""
    return tuple(turn for turn in (TRANSPOSES.get(orientation), _CLOCKWISE.get(degrees)) if turn is not None)


def exchange(size: Size, turns: tuple[Transpose, ...]) -> Size:
    """Return the sides of a picture before, or after, the turns."""
    exchanged = sum(turn in _EXCHANGING for turn in turns) % 2
    return (size[1], size[0]) if exchanged else size


def turn_back(box: Box, size: Size, turns: tuple[Transpose, ...]) -> Box:
    """Return where a part of the turned picture of `size` is before the turns."""
    for turn in reversed(turns):
        box = _before(box, size, turn)
        size = exchange(size, (turn,))
    return box


def _before(box: Box, size: Size, turn: Transpose) -> Box:
    (left, upper, right, lower), (width, height) = box, size
    return {
        Transpose.FLIP_LEFT_RIGHT: (width - right, upper, width - left, lower),
        Transpose.FLIP_TOP_BOTTOM: (left, height - lower, right, height - upper),
        Transpose.ROTATE_180: (width - right, height - lower, width - left, height - upper),
        Transpose.TRANSPOSE: (upper, left, lower, right),
        Transpose.TRANSVERSE: (height - lower, width - right, height - upper, width - left),
        Transpose.ROTATE_90: (height - lower, left, height - upper, right),
        Transpose.ROTATE_270: (upper, width - right, lower, width - left),
    }[turn]
