"""How long an animation lasts and how often it plays, from its container alone: no frame is decoded."""

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from app.domain.animation import Animation
from app.domain.image import ImageFormat
from app.imaging import gif

_PNG_SIGNATURE: Final = 8
_MAX_CHUNKS: Final = 100_000
"""A file with more tells too little in too many words."""

_DEFAULT_DELAY_DENOMINATOR: Final = 100


def read_animation(file: BinaryIO, image_format: ImageFormat, frame_count: int) -> Animation | None:
    """Return what moves; None for a still picture.

    The structures are those of GIF89a, the WebP container (RFC 9649), PNG third edition (chapter 11.3.6) and ISO/IEC
    14496-12 (AVIF). Raises: struct.error, when one is cut off.
    """
    if frame_count < 2:
        return None
    readers = {ImageFormat.GIF: _gif, ImageFormat.WEBP: _webp, ImageFormat.PNG: _png, ImageFormat.AVIF: _avif}
    position = file.tell()
    duration_ms, loop_count = readers[image_format](file)
    file.seek(position)
    return Animation(frame_count=frame_count, duration_ms=duration_ms, loop_count=loop_count)


def _gif(file: BinaryIO) -> tuple[int, int]:
    scan = gif.scan(file, gif.NO_STOP)
    return scan.duration_ms, scan.loop_count


def _webp(file: BinaryIO) -> tuple[int, int]:
    duration_ms, loop_count = 0, 1
    file.seek(12)
    for kind, size in _walk(file, "<4sI", lambda size: size + size % 2):
        if kind == b"ANIM":
            _, loop_count = struct.unpack("<IH", file.read(6))
        elif kind == b"ANMF" and size >= 16:
            duration_ms += int.from_bytes(file.read(16)[12:15], "little")
    return duration_ms, loop_count


def _png(file: BinaryIO) -> tuple[int, int]:
    duration_s, loop_count = 0.0, 1
    file.seek(_PNG_SIGNATURE)
    for kind, _ in _walk(file, ">I4s", lambda size: size + 4):
        if kind == b"acTL":
            _, loop_count = struct.unpack(">II", file.read(8))
        elif kind == b"fcTL":
            numerator, denominator = struct.unpack(">20xHH", file.read(24))
            duration_s += numerator / (denominator or _DEFAULT_DELAY_DENOMINATOR)
    return round(duration_s * 1000), loop_count


def _avif(file: BinaryIO) -> tuple[int, int]:
    """Return the duration of the longest track; such films play for ever in browsers."""
    longest_ms = 0
    for moov in _boxes(file, 0, None, b"moov"):
        for trak in _boxes(file, *moov, b"trak"):
            for mdia in _boxes(file, *trak, b"mdia"):
                for start, _ in _boxes(file, *mdia, b"mdhd"):
                    longest_ms = max(longest_ms, _media_duration_ms(file, start))
    return longest_ms, 0


def _media_duration_ms(file: BinaryIO, start: int) -> int:
    file.seek(start)
    layout = ">3x16xIQ" if file.read(1) == b"\1" else ">3x8xII"
    timescale, duration = struct.unpack(layout, file.read(struct.calcsize(layout)))
    return round(duration * 1000 / timescale) if timescale else 0


def _boxes(file: BinaryIO, start: int, end: int | None, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the content of each box of a kind begins and ends."""
    position = start
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        header = file.read(8)
        if len(header) < 8 or (end is not None and position + 8 > end):
            return
        size, kind = struct.unpack(">I4s", header)
        content = position + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            content += 8
        if size < content - position:
            return  # to the end of the file, or nonsense
        if kind == wanted:
            yield content, position + size
        position += size


def _walk(file: BinaryIO, header: str, padded: Callable[[int], int]) -> Iterator[tuple[bytes, int]]:
    """Yield the kind and the size of each chunk, the file standing at its content."""
    for _ in range(_MAX_CHUNKS):
        raw = file.read(8)
        if len(raw) < 8:
            return
        first, second = struct.unpack(header, raw)
        kind, size = (first, second) if isinstance(first, bytes) else (second, first)
        content = file.tell()
        yield kind, size
        file.seek(content + padded(size))
