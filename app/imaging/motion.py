"""A variant that moves: every frame as it is shown, at its size and for its time, as a WebP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image

from app.domain.framing import Frame
from app.imaging.cut import find_cut, hold, take
from app.imaging.source import Source

_QUALITY: Final = 75
_METHOD: Final = 0
"""Method 2 takes half as long again for 3 % fewer bytes."""


@dataclass(frozen=True, slots=True)
class _Shot:
    picture: Image.Image
    duration_ms: float


def render_motion(
    source: Source, frame: Frame, degrees: int, finish: Callable[[Image.Image], Image.Image]
) -> list[_Shot]:
    """Return every frame. Pillow lays each over those before it, as the file says, before it hands it out."""
    source.image.seek(0)
    cut = hold(source, find_cut(source, frame, degrees))
    return [_Shot(finish(take(source, cut)), source.image.info.get("duration") or 0) for _ in _play(source)]


def encode_motion(shots: list[_Shot], loop_count: int, quality: int | None) -> bytes:
    """Return a WebP that plays `loop_count` times; 0 is for ever."""
    first, *rest = (shot.picture for shot in shots)
    buffer = BytesIO()
    first.save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=[round(shot.duration_ms) for shot in shots],
        loop=loop_count,
        quality=_QUALITY if quality is None else quality,
        method=_METHOD,
    )
    return buffer.getvalue()


def _play(source: Source) -> Iterator[None]:
    """Seek each frame in turn, but for a still that a PNG shows to those who know no animation."""
    for number in range(1 if source.image.info.get("default_image") else 0, source.frame_count):
        source.image.seek(number)
        yield
