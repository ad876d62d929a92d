"""The variant: a rendering of an image that is made when it is first asked for."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import InvalidInput
from app.domain.image import ImageFormat, ImageId
from app.domain.placing import Crop, Gravity, check_color, check_range

MAX_SIDE = 8_000
"""Width and height each, px; WebP ends at 16,383."""

MAX_PIXELS = 50_000_000
MAX_BLUR = 100.0
MAX_SHARPEN = 500
MAX_FRAME = 99_999
MAX_MOVING_PIXELS = 40_000_000
"""Of all frames of an animation together, px: 4 s of encoding, and 160 MB of memory."""


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


@dataclass(frozen=True, slots=True)
class FocalPoint:
    """What COVER keeps in its middle as far as it can: shares of the width and the height of the picture as shown."""

    x: float
    y: float

    def __post_init__(self) -> None:
        """Raises: InvalidInput for a point outside of the picture."""
        for share in (self.x, self.y):
            check_range("focalPoint", share, 0, 1)


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """What is asked for. The order of work is: crop, rotate, fit, blur, sharpen, background, watermark.

    Attributes:
        width: Of the box, px; so is `height`.
        focal_point: Takes the place of the gravity, to a thousandth.
        quality: 1 to 100; None for what is sensible in the format. PNG has none.
        background: `#rrggbb` behind what is transparent; None keeps it so, and is white in a JPEG.
        blur: Standard deviation of a Gaussian in px of the result, to a tenth; 0 for none.
        sharpen: Strength of an unsharp mask of one px, percent; 0 for none.
        rotate: Clockwise by 0, 90, 180 or 270 degrees.
        frame: Of an animation, counted from 0.
        is_animated: Whether all frames are wanted: as a WebP, or with AUTO for whom that is acceptable.
        is_marked: Whether the watermark of the server lies over it.
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
    focal_point: FocalPoint | None = None
    is_animated: bool = False
    is_marked: bool = False

    def __post_init__(self) -> None:
        """Raises: InvalidInput for a value that is out of its range."""
        for name, side in (("width", self.width), ("height", self.height)):
            check_range(name, side, 1, MAX_SIDE)
        check_range("quality", self.quality, 1, 100)
        check_range("blur", self.blur, 0, MAX_BLUR)
        check_range("frame", self.frame, 0, MAX_FRAME)
        check_range("sharpen", self.sharpen, 0, MAX_SHARPEN)
        if self.rotate not in (0, 90, 180, 270):
            raise InvalidInput(f"`rotate` is {self.rotate}; 0, 90, 180 and 270 are allowed.", field=("rotate",))
        if self.is_animated and (self.frame or self.format not in (VariantFormat.AUTO, VariantFormat.WEBP)):
            raise InvalidInput("What is animated is a WEBP or AUTO, and of all frames.", field=("animated",))
        check_color("background", self.background)

    def moves(self, frame_count: int) -> bool:
        """Tell whether the variant of an image of so many frames has all of them: AUTO has come down to WEBP by now."""
        return self.is_animated and frame_count > 1 and self.format is VariantFormat.WEBP


def variant_prefix(image_id: ImageId) -> str:
    """Return what the keys of all variants of an image, and of no other, begin with."""
    return f"variants/{image_id}_"
