"""The variant: a rendering of an image that is made when it is first asked for."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import InvalidInput
from app.domain.image import ImageFormat, ImageId

MAX_SIDE = 8_000
"""Width and height each, px; WebP ends at 16,383."""

MAX_PIXELS = 50_000_000
MAX_BLUR = 100.0
MAX_SHARPEN = 500
MAX_FRAME = 99_999

_COLOR = re.compile(r"#[0-9a-f]{6}")


class VariantFormat(StrEnum):
    """AUTO follows what the client accepts: AVIF before WebP before JPEG, or PNG where something is transparent."""

    AUTO = "AUTO"
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"

    @property
    def extension(self) -> str:
        return self.value.lower()

    @property
    def mime_type(self) -> str | None:
        """The media type of the bytes; None for AUTO, which has several."""
        return None if self is VariantFormat.AUTO else ImageFormat(self.value).mime_type


class Fit(StrEnum):
    """How a picture gets into a box of `width` x `height`; a side that is not given follows from the proportions.

    INSIDE keeps the proportions, is as large as the box allows, and never enlarges. CONTAIN is INSIDE on a canvas that
    fills the box. COVER fills the box and cuts off what is over. FILL fills it and gives the proportions up. The
    last two enlarge where the box is larger than the picture.
    """

    INSIDE = "INSIDE"
    CONTAIN = "CONTAIN"
    COVER = "COVER"
    FILL = "FILL"


class Gravity(StrEnum):
    """What COVER keeps, and where CONTAIN puts the picture."""

    CENTER = "CENTER"
    NORTH = "NORTH"
    NORTH_EAST = "NORTH_EAST"
    EAST = "EAST"
    SOUTH_EAST = "SOUTH_EAST"
    SOUTH = "SOUTH"
    SOUTH_WEST = "SOUTH_WEST"
    WEST = "WEST"
    NORTH_WEST = "NORTH_WEST"

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


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """What is asked for. The order of work is: crop, rotate, fit, blur, sharpen, background.

    Attributes:
        width: Of the box, px; so is `height`.
        quality: 1 to 100; None for what is sensible in the format. PNG has none.
        background: `#rrggbb` behind what is transparent; None keeps it so, and is white in a JPEG.
        blur: Standard deviation of a Gaussian in px of the result, to a tenth; 0 for none.
        sharpen: Strength of an unsharp mask of one px, percent; 0 for none.
        rotate: Clockwise by 0, 90, 180 or 270 degrees.
        frame: Of an animation, counted from 0.
    """

    width: int | None = None
    height: int | None = None
    fit: Fit = Fit.INSIDE
    gravity: Gravity = Gravity.CENTER
    format: VariantFormat = VariantFormat.AUTO
    quality: int | None = None
    background: str | None = None
    blur: float = 0
    sharpen: int = 0
    rotate: int = 0
    crop: Crop | None = None
    frame: int = 0

    def __post_init__(self) -> None:
        """Raises: InvalidInput for a value that is out of its range."""
        for name, side in (("width", self.width), ("height", self.height)):
            _check_range(name, side, 1, MAX_SIDE)
        _check_range("quality", self.quality, 1, 100)
        _check_range("blur", self.blur, 0, MAX_BLUR)
        _check_range("frame", self.frame, 0, MAX_FRAME)
        _check_range("sharpen", self.sharpen, 0, MAX_SHARPEN)
        if self.rotate not in (0, 90, 180, 270):
            raise InvalidInput(f"`rotate` is {self.rotate}; 0, 90, 180 and 270 are allowed.", field=("rotate",))
        if self.background is not None and not _COLOR.fullmatch(self.background):
            raise InvalidInput("The background is # and six lower-case hex digits.", field=("background",))

    @property
    def canonical(self) -> str:
        """The one text of all specifications that look the same; `parse_spec` reads it."""
        placed = self.fit in (Fit.COVER, Fit.CONTAIN) and self.gravity is not Gravity.CENTER
        crop = self.crop
        parts = (
            f"w{self.width}" if self.width else "",
            f"h{self.height}" if self.height else "",
            self.fit.lower(),
            self.gravity.lower().replace("_", "") if placed else "",
            self.format.lower(),
            f"q{self.quality}" if self.quality and self.format is not VariantFormat.PNG else "",
            f"bg{self.background[1:]}" if self.background else "",
            f"blur{self.blur:.1f}" if self.blur >= _SMALLEST_BLUR else "",
            f"sharp{self.sharpen}" if self.sharpen else "",
            f"rot{self.rotate}" if self.rotate else "",
            f"crop{crop.x}.{crop.y}.{crop.width}.{crop.height}" if crop else "",
            f"frame{self.frame}" if self.frame else "",
        )
        return "_".join(part for part in parts if part)


_SMALLEST_BLUR = 0.05
_NUMBER = "[0-9]{1,5}"
_GRAVITIES = {gravity.lower().replace("_", ""): gravity for gravity in Gravity}
_CANONICAL = re.compile(
    rf"(?:w(?P<width>{_NUMBER})_)?(?:h(?P<height>{_NUMBER})_)?(?P<fit>{'|'.join(Fit).lower()})"
    rf"(?:_(?P<gravity>{'|'.join(_GRAVITIES)}))?_(?P<format>{'|'.join(VariantFormat).lower()})"
    rf"(?:_q(?P<quality>{_NUMBER}))?(?:_bg(?P<background>[0-9a-f]{{6}}))?(?:_blur(?P<blur>{_NUMBER}\.[0-9]))?"
    rf"(?:_sharp(?P<sharpen>{_NUMBER}))?(?:_rot(?P<rotate>{_NUMBER}))?"
    rf"(?:_crop(?P<crop>{_NUMBER}(?:\.{_NUMBER}){{3}}))?(?:_frame(?P<frame>{_NUMBER}))?"
)


def parse_spec(text: str) -> VariantSpec:
    """Return the specification of a canonical text.

    Raises:
        InvalidInput: It is none, or not the canonical one.
    """
    match = _CANONICAL.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text[:80]!r} is no specification of a variant.")
    part = match.groupdict()
    spec = VariantSpec(
        width=_number(part["width"]),
        height=_number(part["height"]),
        fit=Fit(part["fit"].upper()),
        gravity=_GRAVITIES[part["gravity"] or "center"],
        format=VariantFormat(part["format"].upper()),
        quality=_number(part["quality"]),
        background=f"#{part['background']}" if part["background"] else None,
        blur=float(part["blur"] or 0),
        sharpen=int(part["sharpen"] or 0),
        rotate=int(part["rotate"] or 0),
        crop=Crop(*(int(number) for number in part["crop"].split("."))) if part["crop"] else None,
        frame=int(part["frame"] or 0),
    )
    if spec.canonical != text:
        raise InvalidInput(f"{text[:80]!r} is no specification of a variant.")
    return spec


def variant_key(image_id: ImageId, spec: VariantSpec, extension: str) -> str:
    """Return the key of a variant's bytes; that of AUTO serves the JPEG or PNG that it comes down to."""
    digest = hashlib.sha256(spec.canonical.encode()).hexdigest()[:32]
    return f"{variant_prefix(image_id)}{digest}.{extension}"


def variant_prefix(image_id: ImageId) -> str:
    """Return what the keys of all variants of an image, and of no other, begin with."""
    return f"variants/{image_id}_"


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidInput(f"`{name}` is {value:g}; {low:g} to {high:g} are allowed.", field=(name,))
