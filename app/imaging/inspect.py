"""The header of a picture: format, size, frames and hash, or why it is refused."""

import hashlib
from pathlib import Path

from app.imaging.limits import ImageLimits
from app.imaging.source import open_source
from app.ports.imaging import Header


def inspect(path: Path, limits: ImageLimits) -> Header:
    """Read the header alone, and hash the bytes.

    Raises:
        SourceUnreadable, TooLarge
        InvalidImage: One of its kinds.
    """
    with open_source(path, limits) as source:
        header = source.format, source.width, source.height, source.frame_count
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        byte_size = file.tell()
    return Header(*header, byte_size=byte_size, sha256=digest.hexdigest())
