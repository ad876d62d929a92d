"""Framing: which part of a picture a variant shows, and at which size; exact before any pixel is decoded."""

from dataclasses import dataclass

from app.domain.errors import InvalidInput
from app.domain.placing import Crop, Gravity
from app.domain.variant import MAX_MOVING_PIXELS, MAX_PIXELS, MAX_SIDE, Fit, VariantSpec

Size = tuple[int, int]
Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge, px."""

Point = tuple[float, float]
"""From the left and from above, px."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How a variant comes about.

    Attributes:
        region: What is shown of the picture: of its shown and rotated sides.
        content: The size to which the region is brought, px.
        canvas: The size of the variant, px.
        offset: Where on the canvas the content's upper left corner is.
        room: Where the region may be moved, to keep what draws the eye; None when it stays where it is.
    """

    region: Box
    content: Size
    canvas: Size
    offset: tuple[int, int] = (0, 0)
    room: Box | None = None


def frame_of(spec: VariantSpec, width: int, height: int) -> Frame:
    """Return the frame of a picture whose sides are `width` and `height`, px, as shown.

    Raises:
        InvalidInput: The part to be cropped is outside of it, or the variant would be too large.
    """
    part = _rotate(_crop_within(spec.crop, width, height), (width, height), spec.rotate)
    size = round(part[2] - part[0]), round(part[3] - part[1])
    if spec.fit is Fit.INSIDE:
        content = fit_inside(size, (spec.width or MAX_SIDE, spec.height or MAX_SIDE))
        frame = Frame(part, content, content)
    else:
        frame = _fill_box(spec, part, _box_of(spec, size), _middle_of(spec, width, height))
    _check_size(frame.canvas)
    return frame


def check_motion(spec: VariantSpec, frame: Frame, frame_count: int) -> None:
    """Raises: InvalidInput, when all frames together would have too many pixels."""
    pixels = frame_count * frame.canvas[0] * frame.canvas[1]
    if spec.is_animated and frame_count > 1 and pixels > MAX_MOVING_PIXELS:
        raise InvalidInput(
            f"The {frame_count} frames would have {pixels} px in all; {MAX_MOVING_PIXELS} are allowed.",
            field=("width",),
        )


def fit_inside(size: Size, box: Size) -> Size:
    """Return the largest size of these proportions within the box: never enlarged, rounded to the nearest."""
    (width, height), (box_width, box_height) = size, box
    if width <= box_width and height <= box_height:
        return size
    if width * box_height >= height * box_width:
        return box_width, _scale(height, box_width, width)
    return _scale(width, box_height, height), box_height


def _crop_within(crop: Crop | None, width: int, height: int) -> Box:
    if crop is None:
        return 0, 0, width, height
    right, lower = crop.x + crop.width, crop.y + crop.height
    if min(crop.x, crop.y) < 0 or min(crop.width, crop.height) < 1 or right > width or lower > height:
        raise InvalidInput(f"The part to be cropped is not within the {width} x {height} px.", field=("crop",))
    return crop.x, crop.y, right, lower


def _rotate(box: Box, size: Size, degrees: int) -> Box:
    """Return where a box of a picture of `size` is after a turn clockwise."""
    (left, upper, right, lower), (width, height) = box, size
    return {
        0: box,
        90: (height - lower, left, height - upper, right),
        180: (width - right, height - lower, width - left, height - upper),
        270: (upper, width - right, lower, width - left),
    }[degrees]


def _box_of(spec: VariantSpec, size: Size) -> Size:
    width, height = size
    if spec.width and spec.height:
        return spec.width, spec.height
    if spec.width:
        return spec.width, _scale(height, spec.width, width)
    if spec.height:
        return _scale(width, spec.height, height), spec.height
    return fit_inside(size, (MAX_SIDE, MAX_SIDE))


def _middle_of(spec: VariantSpec, width: int, height: int) -> Point | None:
    """Return where the focal point is after the turn."""
    if spec.focal_point is None:
        return None
    x, y = spec.focal_point.x * width, spec.focal_point.y * height
    return _rotate((x, y, x, y), (width, height), spec.rotate)[:2]


def _fill_box(spec: VariantSpec, part: Box, box: Size, middle: Point | None) -> Frame:
    if spec.fit is Fit.CONTAIN:
        content = fit_inside((round(part[2] - part[0]), round(part[3] - part[1])), box)
        across, down = spec.gravity.anchor
        return Frame(part, content, box, (int((box[0] - content[0]) * across), int((box[1] - content[1]) * down)))
    if spec.fit is Fit.FILL:
        return Frame(part, box, box)
    is_sought = spec.gravity is Gravity.ATTENTION and middle is None
    return Frame(_cover(part, box, spec.gravity, middle), box, box, room=part if is_sought else None)


def _cover(part: Box, box: Size, gravity: Gravity, middle: Point | None) -> Box:
    """Return the largest part of these proportions, around the middle as far as there is room."""
    left, upper, right, lower = part
    width, height = right - left, lower - upper
    scale = min(width / box[0], height / box[1])
    kept_width, kept_height = min(width, box[0] * scale), min(height, box[1] * scale)
    if middle is None:
        across, down = gravity.anchor
        left += (width - kept_width) * across
        upper += (height - kept_height) * down
    else:
        left = max(left, min(right - kept_width, middle[0] - kept_width / 2))
        upper = max(upper, min(lower - kept_height, middle[1] - kept_height / 2))
    return left, upper, min(right, left + kept_width), min(lower, upper + kept_height)


def _scale(side: int, numerator: int, denominator: int) -> int:
    """Return a side times a fraction, rounded to the nearest, at least 1."""
    return max(1, (2 * side * numerator + denominator) // (2 * denominator))


def _check_size(canvas: Size) -> None:
    width, height = canvas
    if max(canvas) > MAX_SIDE or width * height > MAX_PIXELS:
        raise InvalidInput(
            f"The variant would have {width} x {height} px; {MAX_SIDE} px a side and {MAX_PIXELS} px are allowed.",
            field=("width",),
        )
