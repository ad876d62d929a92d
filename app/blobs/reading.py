"""Reading local files piece by piece, in threads."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

from app.blobs.threads import in_thread

READ_BYTES = 256 * 1024


async def read_file(path: Path, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
    """Yield the bytes from `start` up to, without, `end`. Raises: OSError."""
    with await in_thread(path.open, "rb") as file:
        while data := await in_thread(read_part, file.fileno(), start, end):
            yield data
            start += len(data)


def read_part(descriptor: int, start: int, end: int | None) -> bytes:
    """Return the next piece from `start` on; none at `end`, or at the end of the file. Raises: OSError."""
    size = READ_BYTES if end is None else min(READ_BYTES, max(0, end - start))
    return os.pread(descriptor, size, start)
