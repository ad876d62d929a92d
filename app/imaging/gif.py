"""What a GIF says of its frames, from its blocks alone: Pillow can only tell by decoding them."""

import sys
from dataclasses import dataclass
from typing import BinaryIO, Final

NO_STOP: Final = sys.maxsize

_HEADER_BYTES: Final = 13
_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21
_GRAPHIC_CONTROL: Final = 0xF9
_APPLICATION: Final = 0xFF
_NETSCAPE: Final = b"NETSCAPE2.0"


@dataclass(slots=True)
class Scan:
    """Attributes:
    loop_count: How often it plays; 0 is for ever. The extension of Netscape counts the times after the first.
    """

    frame_count: int = 0
    duration_ms: int = 0
    loop_count: int = 1


def scan(file: BinaryIO, stop: int) -> Scan:
    """Return what the blocks say, up to `stop` frames; a file that is cut off counts what has begun.

    The blocks are those of the GIF89a specification, sections 15 to 27.
    """
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    _skip_color_table(file, header[10:11])
    found = Scan()
    while found.frame_count < stop and (kind := file.read(1)):
        if kind[0] == _IMAGE:
            found.frame_count += 1
            _skip_color_table(file, file.read(9)[8:9])
            file.read(1)  # the code size of the compressed data
            _skip_data(file)
        elif kind[0] == _EXTENSION:
            _read_extension(file, found)
        else:
            break
    found.frame_count = max(1, found.frame_count)
    return found


def _read_extension(file: BinaryIO, found: Scan) -> None:
    label = file.read(1)
    first = _read_block(file)
    if label[:1] == bytes([_GRAPHIC_CONTROL]) and len(first) >= 4:
        found.duration_ms += 10 * int.from_bytes(first[1:3], "little")
    elif label[:1] == bytes([_APPLICATION]) and first == _NETSCAPE:
        told = _read_block(file)
        if len(told) >= 3 and told[0] == 1:
            times = int.from_bytes(told[1:3], "little")
            found.loop_count = times + 1 if times else 0
        if not told:
            return
    if first:
        _skip_data(file)


def _skip_color_table(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.read(3 << ((flags[0] & 7) + 1))


def _read_block(file: BinaryIO) -> bytes:
    """Return a block of data; an empty one ends a row of them."""
    length = file.read(1)
    return file.read(length[0]) if length else b""


def _skip_data(file: BinaryIO) -> None:
    while _read_block(file):
        pass
