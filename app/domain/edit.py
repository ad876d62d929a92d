"""The edit: one operation on a picture, with its values in their ranges, and lists of them as text."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from app.domain.errors import InvalidInput
from app.domain.placing import Crop, Gravity, check_color, check_range

MAX_OPERATIONS: Final = 50
"""Of all edits of one image: each is done anew whenever another one follows."""

MAX_TEXT_LENGTH: Final = 500
MAX_TEXT_PIXELS: Final = 100_000_000
"""Letters times the square of their size."""

MAX_EDITED_SIDE: Final = 20_000
"""Of text, and of what is resized, px."""

MAX_SEED: Final = 2**31 - 1


class FlipDirection(StrEnum):
    """HORIZONTAL exchanges left and right, VERTICAL top and bottom."""

    HORIZONTAL = "HORIZONTAL"
    VERTICAL = "VERTICAL"


@dataclass(frozen=True, slots=True)
class Rotate:
    """Turn clockwise. What is no multiple of 90 degrees gets a larger canvas, with `background` (`#rrggbb`) in its
    corners; without one they are transparent, or white in a format that knows no transparency."""

    degrees: float
    background: str | None = None

    def __post_init__(self) -> None:
        check_range("degrees", self.degrees, -360, 360)
        check_color("background", self.background)


@dataclass(frozen=True, slots=True)
class Flip:
    direction: FlipDirection


@dataclass(frozen=True, slots=True)
class Resize:
    """Bring to a size, px; a side that is not given follows from the proportions."""

    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        if self.width is None and self.height is None:
            raise InvalidInput("Give `width`, `height` or both.", field=("width",))
        check_range("width", self.width, 1, MAX_EDITED_SIDE)
        check_range("height", self.height, 1, MAX_EDITED_SIDE)


@dataclass(frozen=True, slots=True)
class Brightness:
    """As `brightness()` of CSS (https://www.w3.org/TR/filter-effects-1/): 1 changes nothing, 0 is black."""

    amount: float

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 5)


@dataclass(frozen=True, slots=True)
class Contrast:
    """As `contrast()` of CSS: 1 changes nothing, 0 is gray."""

    amount: float

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 5)


@dataclass(frozen=True, slots=True)
class Saturation:
    """As `saturate()` of CSS: 1 changes nothing, 0 takes all colour away."""

    amount: float

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 5)


@dataclass(frozen=True, slots=True)
class Sharpen:
    """An unsharp mask: `amount` in percent, `radius` in px."""

    amount: int = 100
    radius: float = 1.0

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 500)
        check_range("radius", self.radius, 0.1, 20)


@dataclass(frozen=True, slots=True)
class Blur:
    """A Gaussian blur; `radius` is its standard deviation in px."""

    radius: float

    def __post_init__(self) -> None:
        check_range("radius", self.radius, 0, 100)


@dataclass(frozen=True, slots=True)
class Grayscale:
    """As `grayscale()` of CSS: 1 takes all colour away."""

    amount: float = 1.0

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 1)


@dataclass(frozen=True, slots=True)
class Sepia:
    """As `sepia()` of CSS: 1 is all of it."""

    amount: float = 1.0

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 1)


@dataclass(frozen=True, slots=True)
class Hue:
    """As `hue-rotate()` of CSS."""

    degrees: float

    def __post_init__(self) -> None:
        check_range("degrees", self.degrees, -360, 360)


@dataclass(frozen=True, slots=True)
class Noise:
    """Grain of a normal distribution; `amount` is its standard deviation in steps of 255. A seed always gives the
    same grain."""

    amount: float
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("amount", self.amount, 0, 100)
        check_range("seed", self.seed, 0, MAX_SEED)


@dataclass(frozen=True, slots=True)
class Text:
    """Words on the picture; `x` and `y` are where they begin at the upper left, px, and `size` is theirs, px."""

    text: str
    x: int = 0
    y: int = 0
    size: float = 32.0
    color: str = "#ffffff"
    opacity: float = 1.0

    def __post_init__(self) -> None:
        fits = len(self.text.strip()) >= 1 and len(self.text) <= MAX_TEXT_LENGTH
        if not fits or not all(character.isprintable() or character == "\n" for character in self.text):
            raise InvalidInput(
                f"`text` is 1 to {MAX_TEXT_LENGTH} printable characters and line feeds.", field=("text",)
            )
        check_range("x", self.x, -MAX_EDITED_SIDE, MAX_EDITED_SIDE)
        check_range("y", self.y, -MAX_EDITED_SIDE, MAX_EDITED_SIDE)
        check_range("size", self.size, 4, 2_000)
        if self.size**2 * len(self.text) > MAX_TEXT_PIXELS:
            raise InvalidInput("There is too much text for its size.", field=("size",))
        check_range("opacity", self.opacity, 0, 1)
        check_color("color", self.color)


@dataclass(frozen=True, slots=True)
class Watermark:
    """The watermark of this server. What is None is as the server is set.

    Attributes:
        scale: Its width as a part of the picture's.
        margin: Its distance from the edges as a part of the picture's shorter side.
    """

    position: Gravity | None = None
    opacity: float | None = None
    scale: float | None = None
    margin: float = 0.03

    def __post_init__(self) -> None:
        check_range("opacity", self.opacity, 0, 1)
        check_range("scale", self.scale, 0.01, 1)
        check_range("margin", self.margin, 0, 0.5)


EditOperation = (
    Crop
    | Rotate
    | Flip
    | Resize
    | Brightness
    | Contrast
    | Saturation
    | Sharpen
    | Blur
    | Grayscale
    | Sepia
    | Hue
    | Noise
    | Text
    | Watermark
)


class EditKind(StrEnum):
    """Every operation by its name."""

    CROP = "CROP"
    ROTATE = "ROTATE"
    FLIP = "FLIP"
    RESIZE = "RESIZE"
    BRIGHTNESS = "BRIGHTNESS"
    CONTRAST = "CONTRAST"
    SATURATION = "SATURATION"
    SHARPEN = "SHARPEN"
    BLUR = "BLUR"
    GRAYSCALE = "GRAYSCALE"
    SEPIA = "SEPIA"
    HUE = "HUE"
    NOISE = "NOISE"
    TEXT = "TEXT"
    WATERMARK = "WATERMARK"


OPERATIONS: Final[Mapping[EditKind, type[EditOperation]]] = {
    EditKind.CROP: Crop,
    EditKind.ROTATE: Rotate,
    EditKind.FLIP: Flip,
    EditKind.RESIZE: Resize,
    EditKind.BRIGHTNESS: Brightness,
    EditKind.CONTRAST: Contrast,
    EditKind.SATURATION: Saturation,
    EditKind.SHARPEN: Sharpen,
    EditKind.BLUR: Blur,
    EditKind.GRAYSCALE: Grayscale,
    EditKind.SEPIA: Sepia,
    EditKind.HUE: Hue,
    EditKind.NOISE: Noise,
    EditKind.TEXT: Text,
    EditKind.WATERMARK: Watermark,
}

_KINDS: Final = {operation: kind for kind, operation in OPERATIONS.items()}
_ENUMS: Final[Mapping[str, type[StrEnum]]] = {"direction": FlipDirection, "position": Gravity}
"""The fields that are no plain values."""


def kind_of(operation: EditOperation) -> EditKind:
    return _KINDS[type(operation)]


def make_operation(kind: EditKind, values: Mapping[str, object]) -> EditOperation:
    """Return an operation of these values. Raises: InvalidInput, for one that is out of its range."""
    make: Callable[..., EditOperation] = OPERATIONS[kind]
    return make(**values)


def parameters_of(operation: EditOperation) -> dict[str, object]:
    """Return the values of an operation by their names, those that were left out without."""
    return {name: value for name, value in asdict(operation).items() if value is not None}


def encode_operations(operations: tuple[EditOperation, ...]) -> list[dict[str, object]]:
    """Return operations as JSON has them."""
    return [{"kind": kind_of(operation), **parameters_of(operation)} for operation in operations]


def decode_operations(values: list[dict[str, object]]) -> tuple[EditOperation, ...]:
    """Return the operations that `encode_operations` was given."""
    return tuple(_decode(value) for value in values)


def _decode(value: dict[str, object]) -> EditOperation:
    values = {name: _revive(name, part) for name, part in value.items() if name != "kind"}
    return make_operation(EditKind(str(value["kind"])), values)


def _revive(name: str, value: object) -> object:
    return _ENUMS[name](str(value)) if name in _ENUMS else value
