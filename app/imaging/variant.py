"""One variant of a picture: what is wanted is decoded, brought to its size, and encoded with pixels alone."""

from pathlib import Path
from typing import Final

from PIL import Image

from app.domain.errors import InvalidInput, TooLarge
from app.domain.framing import Frame, check_motion, frame_of
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.animation import read_animation
from app.imaging.cut import find_cut, take
from app.imaging.encode import encode_variant
from app.imaging.filters import SHARPEN_RADIUS_PX, blur, flatten_over, sharpen
from app.imaging.limits import ImageLimits
from app.imaging.motion import encode_motion, render_motion
from app.imaging.source import Source, decoder_errors, open_source
from app.ports.imaging import VariantBytes

MAX_BYTES: Final = 40 * 2**20
_CLEAR: Final = (255, 255, 255, 0)
"""Behind a contained picture: what a reader sees that knows no transparency is white."""


def render_variant(path: Path, spec: VariantSpec, limits: ImageLimits) -> VariantBytes:
    """Make a variant: of one frame, or of all where an animation is wanted and there is one.

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
        check_motion(spec, frame, source.frame_count)
        with decoder_errors(limits):
            made = _move(source, frame, spec) if spec.moves(source.frame_count) else _stand(source, frame, spec)
    if len(made.data) > MAX_BYTES:
        raise TooLarge(f"The variant has {len(made.data)} bytes; at most {MAX_BYTES} are allowed.")
    return made


def _stand(source: Source, frame: Frame, spec: VariantSpec) -> VariantBytes:
    """Make a still of one frame."""
    if source.frame_count > 1:
        source.image.seek(spec.frame)
    picture = _finish(take(source, find_cut(source, frame, spec.rotate)), frame, spec)
    chosen = _choose_format(picture, spec.format)
    if chosen is VariantFormat.JPEG:
        picture = flatten_over(picture, "#ffffff")
    return VariantBytes(encode_variant(picture, chosen, spec.quality), chosen)


def _move(source: Source, frame: Frame, spec: VariantSpec) -> VariantBytes:
    """Make an animation of all frames."""
    told = read_animation(source.file, source.format, source.frame_count)
    shots = render_motion(source, frame, spec.rotate, lambda picture: _finish(picture, frame, spec))
    return VariantBytes(encode_motion(shots, told.loop_count if told else 0, spec.quality), VariantFormat.WEBP)


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
