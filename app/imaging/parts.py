"""How many parts a file is of: a reader takes some steps for each, however little it holds."""

import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat
from typing import BinaryIO, Final

from app.domain.errors import TooManyParts
from app.domain.image import ImageFormat

SMALL_PART_BYTES: Final = 100
"""Only parts of fewer bytes count: of larger ones no file of a decent size has too many."""

_PNG_SIGNATURE: Final = 8
_PNG_FRAME: Final = 12
"""The bytes of a chunk beside its content: length, kind and checksum."""

_NO_FILL: Final = re.compile(rb"[^\xff]")
_START_OF_SCAN: Final = 0xDA
_BARE_MARKERS: Final = frozenset({0x00, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
"""What no length follows; the first is no marker at all (T.81, table B.1, as Pillow reads it)."""


def check_parts(file: BinaryIO, image_format: ImageFormat, max_parts: int) -> None:
    """Let pass a JPEG or PNG that has at most so many small segments or chunks; GIFs are counted by `app.imaging.gif`.

    Pillow walks through them in Python: 40 MiB of empty segments take 8 s and 1 GiB each time the file is opened.

    Raises:
        TooManyParts
    """
    walk = _WALKS.get(image_format)
    if walk is None:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        small = 0
        for size in walk(data):
            small += size < SMALL_PART_BYTES
            if small > max_parts:
                raise refuse_parts(max_parts)


def refuse_parts(max_parts: int) -> TooManyParts:
    return TooManyParts(f"The image is made of more than {max_parts} tiny parts.")


def _walk_png(data: mmap.mmap) -> Iterator[int]:
    """Yield the size of each chunk (PNG third edition, 5.3)."""
    position = _PNG_SIGNATURE
    while len(head := data[position : position + 8]) == 8 and head[4:] != b"IEND":
        size = int.from_bytes(head[:4], "big")
        yield size
        position += size + _PNG_FRAME


def _walk_jpeg(data: mmap.mmap) -> Iterator[int]:
    """Yield the size of each segment before the first scan, and 0 for each byte of filling (T.81, B.1.1)."""
    position = 2
    while (start := data.find(b"\xff", position)) >= 0 and (filled := _NO_FILL.search(data, start)):
        yield from repeat(0, filled.start() - start - 1)
        code, position = data[filled.start()], filled.end()
        if code == _START_OF_SCAN:
            return
        size = 0 if code in _BARE_MARKERS else max(2, int.from_bytes(data[position : position + 2], "big"))
        yield size
        position += size


_WALKS: Final[Mapping[ImageFormat, Callable[[mmap.mmap], Iterator[int]]]] = {
    ImageFormat.JPEG: _walk_jpeg,
    ImageFormat.PNG: _walk_png,
}
