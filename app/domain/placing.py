"""Places and colours that a caller names, and the ranges of numbers."""

import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import InvalidInput

_COLOR = re.compile(r"#[0-9a-f]{6}")


class Gravity(StrEnum):
    """What COVER keeps, and where CONTAIN puts the picture.

    ATTENTION keeps what draws the eye, which only the pixels can tell; to all else it is CENTER.
    """

    CENTER = "CENTER"
    NORTH = "NORTH"
    NORTH_EAST = "NORTH_EAST"
    EAST = "EAST"
    SOUTH_EAST = "SOUTH_EAST"
    SOUTH = "SOUTH"
    SOUTH_WEST = "SOUTH_WEST"
    WEST = "WEST"
    NORTH_WEST = "NORTH_WEST"
    ATTENTION = "ATTENTION"

    @property
    def anchor(self) -> tuple[float, float]:
        """The share of the free room that is left of the picture, and above it."""
        across = 1.0 if "EAST" in self.value else 0.0 if "WEST" in self.value else 0.5
        down = 1.0 if "SOUTH" in self.value else 0.0 if "NORTH" in self.value else 0.5
        return across, down


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of the picture as shown, px from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Let pass a number in its range, and None. Raises: InvalidInput."""
    if value is not None and not low <= value <= high:
        raise InvalidInput(f"`{name}` is {value:g}; {low:g} to {high:g} are allowed.", field=(name,))


def check_color(name: str, color: str | None) -> None:
    """Let pass `#rrggbb` in lower case, and None. Raises: InvalidInput."""
    if color is not None and not _COLOR.fullmatch(color):
        raise InvalidInput(f"The {name} is # and six lower-case hex digits.", field=(name,))
