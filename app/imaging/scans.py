"""How many scans a JPEG has: each costs a pass over the whole picture."""

import re
from typing import BinaryIO, Final

from app.domain.errors import TooManyScans

_CHUNK_BYTES: Final = 1 << 18
_SCAN: Final = re.compile(rb"\xff\xda")
# What ends a run of compressed data: any marker but a stuffed zero, a restart and a fill byte (T.81, B.1.1).
_MARKER: Final = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_WITHOUT_LENGTH: Final = frozenset({0x01, 0xD8})


def check_scans(file: BinaryIO, max_scans: int) -> None:
    """Let pass a JPEG whose picture has at most `max_scans` scans.

    Raises:
        TooManyScans
    """
    if _count_lookalikes(file, max_scans) <= max_scans:
        return
    # Rare: a film behind the picture or a thumbnail inside its metadata looks like many scans.
    file.seek(0)
    if _count_scans(file.read(), max_scans) > max_scans:
        raise TooManyScans(f"The JPEG has more than {max_scans} scans.")


def _count_lookalikes(file: BinaryIO, stop: int) -> int:
    """Return how often the marker stands anywhere in the file: at least the number of scans, and fast to find."""
    count, is_split = 0, False
    file.seek(0)
    while count <= stop and (chunk := file.read(_CHUNK_BYTES)):
        count += sum(1 for _ in _SCAN.finditer(chunk)) + (is_split and chunk.startswith(b"\xda"))
        is_split = chunk.endswith(b"\xff")
    return count


def _count_scans(data: bytes, stop: int) -> int:
    """Return the number of scans of the first picture, as a decoder would meet them."""
    count, position = 0, 0
    while count <= stop and (marker := _MARKER.search(data, position)):
        code = marker[1][0]
        if code == _END_OF_IMAGE:
            break
        count += code == _START_OF_SCAN
        position = marker.end()
        if code not in _WITHOUT_LENGTH:
            position += max(2, int.from_bytes(data[position : position + 2], "big"))
    return count
