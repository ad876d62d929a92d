"""One variant of a picture: what is wanted is decoded, brought to its size, and encoded with pixels alone."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageFilter

from app.domain.errors import InvalidInput, TooLarge
from app.domain.framing import Frame, frame_of
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.color import to_srgb
from app.imaging.encode import encode_variant
from app.imaging.limits import ImageLimits
from app.imaging.source import Source, decoder_errors, open_source
from app.imaging.steps import decode, strip
from app.imaging.turns import exchange, turn_back, turns_of
from app.ports.imaging import VariantBytes

MAX_BYTES: Final = 40 * 2**20
_SHARPEN_RADIUS_PX: Final = 1
_CLEAR: Final = (255, 255, 255, 0)
"""Behind a contained picture: what a reader sees that knows no transparency is white."""


def render_variant(path: Path, spec: VariantSpec, limits: ImageLimits) -> VariantBytes:
    """Make a variant of one frame.

    Raises:
        SourceUnreadable
        TooLarge: The picture, or what was made of it, has too many bytes.
        InvalidInput: The specification does not fit the picture.
        InvalidImage: One of its kinds.
    """
    with open_source(path, limits) as source:
        frame = frame_of(spec, source.width, source.height)
        if spec.frame >= source.frame_count:
            raise InvalidInput(f"`frame` is {spec.frame}; the image has {source.frame_count}.", field=("frame",))
        with decoder_errors(limits):
            source.image.seek(spec.frame)
            content = _decode_content(source, frame, spec.rotate)
    picture = _finish(content, frame, spec)
    chosen = _choose_format(picture, spec.format)
    if chosen is VariantFormat.JPEG:
        picture = _flatten(picture, "#ffffff")
    data = encode_variant(picture, chosen, spec.quality)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The variant has {len(data)} bytes; at most {MAX_BYTES} are allowed.")
    return VariantBytes(data, chosen)


def _decode_content(source: Source, frame: Frame, degrees: int) -> Image.Image:
    """Return the content of the frame in sRGB, mode RGB or RGBA; sides are turned when few pixels are left."""
    turns = turns_of(source.orientation, degrees)
    stored = source.image.size
    shown = exchange(stored, turns)
    region = turn_back(frame.region, shown, turns)
    room = turn_back(frame.room, shown, turns) if frame.room else None
    profile = source.image.info.get("icc_profile")
    small = decode(source, exchange(frame.content, turns), None if region == (0, 0, *stored) else region, room)
    picture = strip(_convert(small, profile))
    for turn in turns:
        picture = picture.transpose(turn)
    return picture


def _convert(image: Image.Image, profile: object) -> Image.Image:
    """Return the picture in sRGB, mode RGB; RGBA when something of it is transparent."""
    if image.mode not in ("LA", "RGBA"):
        return to_srgb(image, profile)
    alpha = image.getchannel("A")
    picture = to_srgb(image.convert(image.mode[:-1]), profile)
    if alpha.histogram()[255] < alpha.width * alpha.height:
        picture.putalpha(alpha)
    return picture


def _finish(picture: Image.Image, frame: Frame, spec: VariantSpec) -> Image.Image:
    if spec.blur:
        picture = _blur(picture, spec.blur)
    if spec.sharpen:
        picture = _sharpen(picture, spec.sharpen)
    if picture.size != frame.canvas:
        canvas = Image.new("RGBA", frame.canvas, _CLEAR)
        canvas.paste(picture, frame.offset)
        picture = canvas
    return _flatten(picture, spec.background) if spec.background else picture


def _blur(picture: Image.Image, sigma: float) -> Image.Image:
    """Blur with colours weighed by their alpha, so that what is transparent gives no colour away."""
    blur = ImageFilter.GaussianBlur(sigma)
    if picture.mode == "RGBA":
        return picture.convert("RGBa").filter(blur).convert("RGBA")
    return picture.filter(blur)


def _sharpen(picture: Image.Image, percent: int) -> Image.Image:
    """Sharpen the colours; edges of what is transparent stay as they are."""
    mask = ImageFilter.UnsharpMask(_SHARPEN_RADIUS_PX, percent, threshold=0)
    sharpened = picture.convert("RGB").filter(mask)
    if picture.mode == "RGBA":
        sharpened.putalpha(picture.getchannel("A"))
    return sharpened


def _flatten(picture: Image.Image, color: str) -> Image.Image:
    """Return the picture over a colour, mode RGB."""
    if picture.mode != "RGBA":
        return picture
    canvas = Image.new("RGB", picture.size, color)
    canvas.paste(picture, mask=picture.getchannel("A"))
    return canvas


def _choose_format(picture: Image.Image, wanted: VariantFormat) -> VariantFormat:
    if wanted is not VariantFormat.AUTO:
        return wanted
    return VariantFormat.PNG if picture.mode == "RGBA" else VariantFormat.JPEG
