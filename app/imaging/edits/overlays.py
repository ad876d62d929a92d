"""What is laid over a picture: words and the watermark."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageFont

from app.domain.edit import Text, Watermark
from app.domain.errors import DomainError, InvalidInput
from app.imaging.color import to_srgb_with_alpha
from app.imaging.edits.assets import Overlays
from app.imaging.limits import ImageLimits
from app.imaging.source import decoder_errors, open_source
from app.imaging.steps import decode, resize, strip

_MARK_LIMITS: Final = ImageLimits(max_pixels=16_000_000)


def write_text(picture: Image.Image, text: Text, overlays: Overlays) -> Image.Image:
    """Write words in one colour, with no more of the picture touched than they cover."""
    font = _open_font(overlays.font, text.size)
    left, upper, right, lower = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), text.text, font)
    mask = Image.new("L", (int(right - left) + 2, int(lower - upper) + 2))
    ImageDraw.Draw(mask).multiline_text((-left, -upper), text.text, 255, font)
    return lay_over(picture, _colored(mask, text), (text.x, text.y))


def add_watermark(picture: Image.Image, watermark: Watermark, overlays: Overlays) -> Image.Image:
    """Lay the watermark over a picture. Raises: InvalidInput, as `fit_watermark`."""
    mark, offset = fit_watermark(picture.size, watermark, overlays)
    return lay_over(picture, mark, offset)


def fit_watermark(
    size: tuple[int, int], watermark: Watermark, overlays: Overlays
) -> tuple[Image.Image, tuple[int, int]]:
    """Return what lies over a picture of a size, in mode RGBA, and where.

    Raises:
        InvalidInput: This server has no watermark, or its file cannot be read.
    """
    if overlays.watermark is None:
        raise InvalidInput("This server has no watermark: `GF_WATERMARK` is not set.")
    mark = _read_mark(Path(overlays.watermark))
    mark = resize(mark, _mark_size(size, mark.size, watermark, overlays))
    opacity = overlays.opacity if watermark.opacity is None else watermark.opacity
    mark.putalpha(mark.getchannel("A").point(lambda value: round(value * opacity)))
    return mark, _place(size, mark.size, watermark, overlays)


def lay_over(picture: Image.Image, layer: Image.Image, offset: tuple[int, int]) -> Image.Image:
    """Return a picture with an RGBA layer over it; what is beyond the edges is not seen."""
    x, y = offset
    left, upper = max(0, -x), max(0, -y)
    right, lower = min(layer.width, picture.width - x), min(layer.height, picture.height - y)
    if left >= right or upper >= lower:
        return picture
    seen = layer.crop((left, upper, right, lower))
    covered = picture.copy()
    if picture.mode == "RGBA":
        covered.alpha_composite(seen, (max(0, x), max(0, y)))
    else:
        covered.paste(seen.convert("RGB"), (max(0, x), max(0, y)), seen.getchannel("A"))
    return covered


def _mark_size(
    size: tuple[int, int], mark: tuple[int, int], watermark: Watermark, overlays: Overlays
) -> tuple[int, int]:
    """Return the size that the watermark has on a picture: as wide as it is told, and no higher than the picture."""
    width = size[0] * (overlays.scale if watermark.scale is None else watermark.scale)
    ratio = min(width / mark[0], size[1] / mark[1])
    return max(1, round(mark[0] * ratio)), max(1, round(mark[1] * ratio))


def _place(size: tuple[int, int], mark: tuple[int, int], watermark: Watermark, overlays: Overlays) -> tuple[int, int]:
    margin = round(min(size) * watermark.margin)
    across, down = (overlays.position if watermark.position is None else watermark.position).anchor
    x, y = (max(0, side - length - 2 * margin) for side, length in zip(size, mark, strict=True))
    return round(margin + x * across), round(margin + y * down)


def _read_mark(path: Path) -> Image.Image:
    try:
        with open_source(path, _MARK_LIMITS) as source, decoder_errors(_MARK_LIMITS):
            stored = decode(source, source.image.size)
            return strip(to_srgb_with_alpha(stored, source.image.info)).convert("RGBA")
    except DomainError as error:
        raise InvalidInput("The watermark of this server cannot be read.") from error


def _open_font(path: str | None, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font whose letters are laid out the same way on every machine: by Pillow itself."""
    if path is None:
        return ImageFont.load_default(size)
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _colored(mask: Image.Image, text: Text) -> Image.Image:
    layer = Image.new("RGBA", mask.size, ImageColor.getrgb(text.color))
    layer.putalpha(mask.point(lambda value: round(value * text.opacity)))
    return layer
