"""Edits done one after the other on an untouched original, at full size."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image

from app.domain import edit
from app.domain.edit import EditOperation
from app.domain.edit_sizes import SizeLimits, edited_size
from app.domain.errors import TooLarge
from app.domain.image import ImageFormat
from app.domain.placing import Crop
from app.domain.variant import VariantFormat
from app.imaging.color import to_srgb_with_alpha
from app.imaging.edits import colors, overlays, shapes
from app.imaging.edits.assets import Overlays
from app.imaging.edits.grain import add_noise
from app.imaging.encode import encode_variant
from app.imaging.filters import blur, flatten_over, sharpen
from app.imaging.limits import ImageLimits
from app.imaging.source import Source, decoder_errors, open_source
from app.imaging.steps import decode, strip, turn_upright
from app.ports.imaging import EditedBytes

MAX_BYTES: Final = 60 * 2**20
"""Below what an imaging process may answer."""

_MAX_WEBP_SIDE: Final = 16_383

_FORMATS: Final[Mapping[ImageFormat, tuple[VariantFormat, int | None]]] = {
    ImageFormat.JPEG: (VariantFormat.JPEG, 95),
    ImageFormat.WEBP: (VariantFormat.WEBP, 90),
    ImageFormat.AVIF: (VariantFormat.AVIF, 80),
}
"""The format and quality of what is made of an original; of any other a PNG is."""

_Apply = Callable[[Image.Image, Any, Overlays], Image.Image]
_OPERATIONS: Final[Mapping[type[EditOperation], _Apply]] = {
    Crop: lambda picture, operation, _: shapes.crop(picture, operation),
    edit.Rotate: lambda picture, operation, _: shapes.rotate(picture, operation),
    edit.Flip: lambda picture, operation, _: shapes.flip(picture, operation),
    edit.Resize: lambda picture, operation, _: shapes.resize(picture, operation),
    edit.Brightness: lambda picture, operation, _: colors.brighten(picture, operation.amount),
    edit.Contrast: lambda picture, operation, _: colors.contrast(picture, operation.amount),
    edit.Saturation: lambda picture, operation, _: colors.saturate(picture, operation.amount),
    edit.Sharpen: lambda picture, operation, _: sharpen(picture, operation.amount, operation.radius),
    edit.Blur: lambda picture, operation, _: blur(picture, operation.radius),
    edit.Grayscale: lambda picture, operation, _: colors.grayscale(picture, operation.amount),
    edit.Sepia: lambda picture, operation, _: colors.sepia(picture, operation.amount),
    edit.Hue: lambda picture, operation, _: colors.rotate_hue(picture, operation.degrees),
    edit.Noise: lambda picture, operation, _: add_noise(picture, operation.amount, operation.seed),
    edit.Text: overlays.write_text,
    edit.Watermark: overlays.add_watermark,
}


def replay(path: Path, operations: tuple[EditOperation, ...], overlaid: Overlays, limits: ImageLimits) -> EditedBytes:
    """Do all operations on the first frame and encode what comes out. The same bytes always give the same bytes.

    Raises:
        SourceUnreadable
        TooLarge: The picture, or what was made of it, has too many bytes.
        InvalidInput: An operation does not fit the picture.
        InvalidImage: One of its kinds.
    """
    with open_source(path, limits) as source:
        size = source.width, source.height
        edited_size(operations, size, SizeLimits(limits.max_pixels, limits.max_side))
        image_format = source.format
        with decoder_errors(limits):
            picture = decode_shown(source)
    for operation in operations:
        picture = apply(picture, operation, overlaid)
    return encode_edited(picture, image_format)


def apply(picture: Image.Image, operation: EditOperation, overlaid: Overlays) -> Image.Image:
    """Return an RGB or RGBA picture after one operation. Raises: InvalidInput."""
    return _OPERATIONS[type(operation)](picture, operation, overlaid)


def decode_shown(source: Source) -> Image.Image:
    """Return the first frame at full size, upright, in sRGB, mode RGB or RGBA, and nothing but pixels."""
    stored = decode(source, source.image.size)
    shown = to_srgb_with_alpha(stored, source.image.info)
    return strip(turn_upright(shown, source.orientation))


def encode_edited(picture: Image.Image, original: ImageFormat) -> EditedBytes:
    """Return a picture in the format of its original, or the one that comes next to it.

    Raises:
        TooLarge
    """
    chosen, quality = _FORMATS.get(original, (VariantFormat.PNG, None))
    if chosen is VariantFormat.WEBP and max(picture.size) > _MAX_WEBP_SIDE:
        chosen, quality = VariantFormat.PNG, None
    if chosen is VariantFormat.JPEG:
        picture = flatten_over(picture, "#ffffff")
    data = encode_variant(picture, chosen, quality)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The edited picture has {len(data)} bytes; at most {MAX_BYTES} are allowed.")
    return EditedBytes(data, ImageFormat(chosen.value))
