"""What a GIF says of its frames, from its blocks alone: Pillow can only tell by decoding them."""

import mmap
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from app.imaging.parts import SMALL_PART_BYTES, refuse_parts

NO_STOP: Final = sys.maxsize

_HEADER_BYTES: Final = 13
_HEADER_FLAGS: Final = 10
_IMAGE: Final = 0x2C
_IMAGE_BYTES: Final = 10
_IMAGE_FLAGS: Final = 9
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
    small_blocks: int = 0


def scan(file: BinaryIO, stop: int, max_small_blocks: int = NO_STOP) -> Scan:
    """Return what the blocks say, up to `stop` frames; a file that is cut off counts what has begun.

    The blocks are those of the GIF89a specification, sections 15 to 27.

    Raises:
        TooManyParts: It has more small blocks than allowed.
    """
    found = Scan()
    # IndexError is the end of what was cut off.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data, suppress(IndexError):
        _Walk(data, found, max_small_blocks).run(stop)
    found.frame_count = max(1, found.frame_count)
    return found


@dataclass(slots=True)
class _Walk:
    """A walk along the blocks; it ends with IndexError where the file does."""

    data: mmap.mmap
    found: Scan
    max_small_blocks: int
    position: int = _HEADER_BYTES

    def run(self, stop: int) -> None:
        self._skip_color_table(self.data[_HEADER_FLAGS])
        while self.found.frame_count < stop:
            kind = self.data[self.position]
            if kind == _IMAGE:
                self.found.frame_count += 1
                flags = self.data[self.position + _IMAGE_FLAGS]
                self.position += _IMAGE_BYTES
                self._skip_color_table(flags)
                self.position += 1  # the code size of the compressed data
                self._skip_data()
            elif kind == _EXTENSION:
                self._read_extension()
            else:
                return

    def _read_extension(self) -> None:
        label = self.data[self.position + 1]
        self.position += 2
        start = self.position
        first = self._block(start)
        if label == _GRAPHIC_CONTROL and len(first) >= 4:
            self.found.duration_ms += 10 * int.from_bytes(first[1:3], "little")
        elif label == _APPLICATION and first == _NETSCAPE:
            told = self._block(start + 1 + len(first))
            if len(told) >= 3 and told[0] == 1:
                times = int.from_bytes(told[1:3], "little")
                self.found.loop_count = times + 1 if times else 0
        self._skip_data()

    def _block(self, position: int) -> bytes:
        """Return a block of data; an empty one ends a row of them."""
        return self.data[position + 1 : position + 1 + self.data[position]]

    def _skip_color_table(self, flags: int) -> None:
        if flags & 0x80:
            self.position += 3 << ((flags & 7) + 1)

    def _skip_data(self) -> None:
        data, position, small = self.data, self.position, self.found.small_blocks
        while length := data[position]:
            position += length + 1
            if length < SMALL_PART_BYTES:
                small += 1
                if small > self.max_small_blocks:
                    raise refuse_parts(self.max_small_blocks)
        self.position, self.found.small_blocks = position + 1, small + 1
