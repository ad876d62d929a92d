"""How many frames a GIF has, from its blocks alone: Pillow can only tell by decoding them."""

from typing import BinaryIO, Final

_HEADER_BYTES: Final = 13
_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21


def count_frames(file: BinaryIO, stop: int) -> int:
    """Return the number of frames, at most `stop`; a file that is cut off counts what has begun.

    The blocks are those of the GIF89a specification, sections 15 to 27.
    """
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    _skip_color_table(file, header[10:11])
    frames = 0
    while frames < stop and (kind := file.read(1)):
        if kind[0] == _IMAGE:
            frames += 1
            _skip_color_table(file, file.read(9)[8:9])
            file.read(1)  # the code size of the compressed data
        elif kind[0] == _EXTENSION:
            file.read(1)
        else:
            break
        _skip_data(file)
    return max(1, frames)


def _skip_color_table(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.read(3 << ((flags[0] & 7) + 1))


def _skip_data(file: BinaryIO) -> None:
    while (length := file.read(1)) and length[0]:
        file.read(length[0])
