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
_SEQUENTIAL: Final = frozenset({0xC0, 0xC1})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Starts of frames (T.81, table B.1)."""

_MAX_SEGMENTS: Final = 1000
_WITHOUT_LENGTH: Final = frozenset({0x01, 0xD8})


def check_scans(file: BinaryIO, max_scans: int) -> None:
    """Let pass a JPEG whose picture has at most `max_scans` scans.

    Raises:
        TooManyScans
    """
    if _is_one_scan(file) or _count_lookalikes(file, max_scans) <= max_scans:
        return
    # Rare: a film behind the picture or a thumbnail inside its metadata looks like many scans.
    file.seek(0)
    if _count_scans(file.read(), max_scans) > max_scans:
        raise TooManyScans(f"The JPEG has more than {max_scans} scans.")


def _is_one_scan(file: BinaryIO) -> bool:
    """Tell from the header whether a decoder stops behind the first scan, as nearly all photographs let it.

    Libjpeg makes one pass over a sequential picture whose first scan has all components (`jdinput.c`,
    `initial_setup`); counting in a file of 24 MP costs 3 % of all that is made of it.
    """
    file.seek(2)
    components = 0
    for _ in range(_MAX_SEGMENTS):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return False
        code, length = head[1], int.from_bytes(head[2:], "big")
        if code == _START_OF_SCAN:
            return components > 0 and file.read(1) == bytes([components])
        if code in _FRAMES:
            if code not in _SEQUENTIAL or components:
                return False
            content = file.read(length - 2) if length > 7 else bytes(6)
            components = content[5] if len(content) > 5 else 0
        else:
            file.seek(max(0, length - 2), 1)
    return False


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
