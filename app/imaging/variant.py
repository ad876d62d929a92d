"""One variant of a picture: what is wanted is decoded, brought to its size, and encoded with pixels alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from app.domain.edit import Watermark
from app.domain.errors import InvalidInput, TooLarge
from app.domain.framing import Frame, check_motion, frame_of
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.animation import read_animation
from app.imaging.cut import find_cut, take
from app.imaging.edits.assets import NO_OVERLAYS, Overlays
from app.imaging.edits.overlays import fit_watermark, lay_over
from app.imaging.encode import encode_variant
from app.imaging.filters import SHARPEN_RADIUS_PX, blur, flatten_over, sharpen
from app.imaging.limits import ImageLimits
from app.imaging.motion import encode_motion, render_motion
from app.imaging.source import Source, decoder_errors, open_source
from app.ports.imaging import VariantBytes

MAX_BYTES: Final = 40 * 2**20
_CLEAR: Final = (255, 255, 255, 0)
"""Behind a contained picture: what a reader sees that knows no transparency is white."""


def render_variant(
    path: Path, spec: VariantSpec, limits: ImageLimits, overlays: Overlays = NO_OVERLAYS
) -> VariantBytes:
    """Make a variant: of one frame, or of all where an animation is wanted and there is one.

    Raises:
        SourceUnreadable
        TooLarge: The picture, or what was made of it, has too many bytes.
        InvalidInput: The specification does not fit the picture, or there is no watermark.
        InvalidImage: One of its kinds.
    """
    with open_source(path, limits) as source:
        frame = frame_of(spec, source.width, source.height)
        if spec.frame >= source.frame_count:
            raise InvalidInput(f"`frame` is {spec.frame}; the image has {source.frame_count}.", field=("frame",))
        check_motion(spec, frame, source.frame_count)
        finish = _Finish(frame, spec, fit_watermark(frame.canvas, Watermark(), overlays) if spec.is_marked else None)
        with decoder_errors(limits):
            made = _move(source, finish) if spec.moves(source.frame_count) else _stand(source, finish)
    if len(made.data) > MAX_BYTES:
        raise TooLarge(f"The variant has {len(made.data)} bytes; at most {MAX_BYTES} are allowed.")
    return made


@dataclass(frozen=True, slots=True)
class _Finish:
    """What is done to a picture that has its size.

    Attributes:
        mark: What lies over it, and where.
    """

    frame: Frame
    spec: VariantSpec
    mark: tuple[Image.Image, tuple[int, int]] | None

    def __call__(self, picture: Image.Image) -> Image.Image:
        spec, canvas_size = self.spec, self.frame.canvas
        if spec.blur:
            picture = blur(picture, spec.blur)
        if spec.sharpen:
            picture = sharpen(picture, spec.sharpen, SHARPEN_RADIUS_PX)
        if picture.size != canvas_size:
            canvas = Image.new("RGBA", canvas_size, _CLEAR)
            canvas.paste(picture, self.frame.offset)
            picture = canvas
        if spec.background:
            picture = flatten_over(picture, spec.background)
        return lay_over(picture, *self.mark) if self.mark else picture


def _stand(source: Source, finish: _Finish) -> VariantBytes:
    """Make a still of one frame."""
    spec = finish.spec
    if source.frame_count > 1:
        source.image.seek(spec.frame)
    picture = finish(take(source, find_cut(source, finish.frame, spec.rotate)))
    chosen = _choose_format(picture, spec.format)
    if chosen is VariantFormat.JPEG:
        picture = flatten_over(picture, "#ffffff")
    return VariantBytes(encode_variant(picture, chosen, spec.quality), chosen)


def _move(source: Source, finish: _Finish) -> VariantBytes:
    """Make an animation of all frames."""
    told = read_animation(source.file, source.format, source.frame_count)
    shots = render_motion(source, finish.frame, finish.spec.rotate, finish)
    data = encode_motion(shots, told.loop_count if told else 0, finish.spec.quality)
    return VariantBytes(data, VariantFormat.WEBP)


def _choose_format(picture: Image.Image, wanted: VariantFormat) -> VariantFormat:
    if wanted is not VariantFormat.AUTO:
        return wanted
    return VariantFormat.PNG if picture.mode == "RGBA" else VariantFormat.JPEG
