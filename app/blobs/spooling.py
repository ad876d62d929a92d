"""The spool: a local file for the bytes of an object that goes to, or comes from, another machine."""

import hashlib
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

from app.blobs.batches import gather_batches
from app.blobs.threads import in_thread

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SpoolFile:
    """Blocking: every method is for a thread, one at a time. What is written is counted and hashed as it comes."""

    __slots__ = ("_descriptor", "_digest", "byte_size", "path")

    def __init__(self, folder: Path) -> None:
        """Make an empty file, for its owner alone. Raises: OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / secrets.token_hex(16)
        self.byte_size = 0
        self._descriptor = os.open(self.path, _FLAGS, 0o600)
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """64 lower-case hex digits."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Append to the file. Raises: OSError."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._digest.update(data)
        self.byte_size += len(data)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to, without, `end`. Raises: OSError."""
        return os.pread(self._descriptor, end - start, start)

    def discard(self) -> None:
        os.close(self._descriptor)
        with suppress(FileNotFoundError):
            self.path.unlink()


@asynccontextmanager
async def open_spool(folder: Path) -> AsyncGenerator[SpoolFile]:
    """Hold an empty file, which is gone afterwards. Raises: InsufficientStorage."""
    file = await in_thread(SpoolFile, folder)
    try:
        yield file
    finally:
        await in_thread(file.discard)


@asynccontextmanager
async def spool(folder: Path, chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncGenerator[SpoolFile]:
    """Hold a stream as a file. Raises: InsufficientStorage; TooLarge as soon as more than `max_bytes` came."""
    async with open_spool(folder) as file:
        async with aclosing(gather_batches(chunks, max_bytes)) as batches:
            async for batch in batches:
                await in_thread(file.write, batch)
        yield file


def sweep_spool(folder: Path, before: float) -> int:
    """Remove what a crash left, last written before a time (unix seconds); return how many."""
    removed = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < before:
                    Path(entry).unlink()
                    removed += 1
    return removed
