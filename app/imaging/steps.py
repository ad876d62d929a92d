"""The steps from a stored picture to small ones in sRGB, each on as few pixels as can be."""

from typing import Final

from PIL import Image
from PIL.Image import Resampling, Transpose

from app.domain.errors import CorruptImage
from app.domain.image import ImageFormat
from app.imaging.attention import attend
from app.imaging.modes import simplify
from app.imaging.source import Source

Size = tuple[int, int]
Box = tuple[float, float, float, float]

_DCT_SCALES: Final = (8, 4, 2)
_REDUCING_GAP: Final = 1.5
"""2 takes half as long again; 1 costs 0.004 to 0.03 of SSIM."""

TRANSPOSES: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def decode(source: Source, size: Size, region: Box | None = None, room: Box | None = None) -> Image.Image:
    """Decode the current frame, not upright, at `size` (px): in mode L, LA, RGB, RGBA or CMYK.

    Args:
        region: What of the stored picture is wanted; None for all of it.
        room: Where the region may be moved to keep what draws the eye; None when it stays where it is.
    """
    whole = 0, 0, *source.image.size
    extent = _scale_jpeg(source, size, region or whole) if source.format is ImageFormat.JPEG else source.image.size
    stored = source.image.size
    source.image.load()
    if source.image.size != stored:
        raise CorruptImage("The pixels are not of the size that the header says.")
    picture = simplify(source.image)
    box = None if region is None and extent == source.image.size else _scale_box(region or whole, whole, extent)
    if box is not None and room is not None:
        box = attend(picture, box, _scale_box(room, whole, extent))
    return resize(picture, size, box)


def _scale_jpeg(source: Source, size: Size, region: Box) -> tuple[float, float]:
    """Let the decoder leave out pixels: the smallest DCT scale whose longer side still reaches that of `size`.

    Returns the sides of the stored picture in the scaled one, px, whose own are rounded up.
    """
    width, height = source.image.size
    left, upper, right, lower = region
    for scale in _DCT_SCALES:
        if min(width, height) >= scale and _reaches((right - left) / scale, (lower - upper) / scale, size):
            drafted = source.image.draft(None, (width // scale, height // scale))
            if drafted is None:
                break
            _, _, x, y = drafted[1]
            return x, y
    return width, height


def _scale_box(box: Box, whole: Box, extent: tuple[float, float]) -> Box:
    """Return where a part of the stored picture is in one whose sides are `extent`."""
    across, down = extent[0] / whole[2], extent[1] / whole[3]
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def _reaches(width: float, height: float, size: Size) -> bool:
    """Tell whether a picture is as large as `size`, whose shorter side was rounded when it has its proportions."""
    return max(width, height) >= max(size) and width >= size[0] - 0.5 and height >= size[1] - 0.5


def resize(
    image: Image.Image, size: Size, box: Box | None = None, *, reducing_gap: float = _REDUCING_GAP
) -> Image.Image:
    """Return the picture (or its `box`) at `size`, px, antialiased; transparent pixels give no colour away.

    Args:
        reducing_gap: How much larger than `size` the cheap box filter may leave the picture at least, before the
            bicubic one does the rest.
    """
    if image.size == size and (box is None or _is_whole(box, size)):
        return image
    premultiplied_mode = {"LA": "La", "RGBA": "RGBa"}.get(image.mode)
    if premultiplied_mode is None:
        return image.resize(size, Resampling.BICUBIC, box, reducing_gap)
    # Pillow premultiplies by itself, but then forgets the reducing gap.
    premultiplied = image.convert(premultiplied_mode)
    return premultiplied.resize(size, Resampling.BICUBIC, box, reducing_gap).convert(image.mode)


def _is_whole(box: Box, size: Size) -> bool:
    """Tell whether a box leaves less than a pixel out at each edge."""
    return box[0] < 1 and box[1] < 1 and box[2] > size[0] - 1 and box[3] > size[1] - 1


def flatten(image: Image.Image) -> Image.Image:
    """Return the picture over white: in mode L, RGB or CMYK."""
    if image.mode not in ("LA", "RGBA"):
        return image
    mode = image.mode[:-1]
    canvas = Image.new(mode, image.size, "white")
    canvas.paste(image.convert(mode), mask=image.getchannel("A"))
    return canvas


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the picture as it is shown (EXIF 2.32, tag 0x0112)."""
    return image.transpose(TRANSPOSES[orientation]) if orientation in TRANSPOSES else image


def strip(image: Image.Image) -> Image.Image:
    """Return a copy that carries pixels alone: no comment, profile, EXIF or XMP can be handed on."""
    stripped = image.copy()
    stripped.info = {}
    return stripped
