"""One variant of a picture: what is wanted is decoded, brought to its size, and encoded with pixels alone."""

from pathlib import Path
from typing import Final

from PIL import Image

from app.domain.errors import InvalidInput, TooLarge
from app.domain.framing import Frame, frame_of
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.color import to_srgb_with_alpha
from app.imaging.encode import encode_variant
from app.imaging.filters import SHARPEN_RADIUS_PX, blur, flatten_over, sharpen
from app.imaging.limits import ImageLimits
from app.imaging.source import Source, decoder_errors, open_source
from app.imaging.steps import decode, strip
from app.imaging.turns import exchange, turn_back, turns_of
from app.ports.imaging import VariantBytes

MAX_BYTES: Final = 40 * 2**20
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
            if source.frame_count > 1:
                source.image.seek(spec.frame)
            content = _decode_content(source, frame, spec.rotate)
    picture = _finish(content, frame, spec)
    chosen = _choose_format(picture, spec.format)
    if chosen is VariantFormat.JPEG:
        picture = flatten_over(picture, "#ffffff")
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
    picture = strip(to_srgb_with_alpha(small, profile))
    for turn in turns:
        picture = picture.transpose(turn)
    return picture


def _finish(picture: Image.Image, frame: Frame, spec: VariantSpec) -> Image.Image:
    if spec.blur:
        picture = blur(picture, spec.blur)
    if spec.sharpen:
        picture = sharpen(picture, spec.sharpen, SHARPEN_RADIUS_PX)
    if picture.size != frame.canvas:
        canvas = Image.new("RGBA", frame.canvas, _CLEAR)
        canvas.paste(picture, frame.offset)
        picture = canvas
    return flatten_over(picture, spec.background) if spec.background else picture


def _choose_format(picture: Image.Image, wanted: VariantFormat) -> VariantFormat:
    if wanted is not VariantFormat.AUTO:
        return wanted
    return VariantFormat.PNG if picture.mode == "RGBA" else VariantFormat.JPEG
