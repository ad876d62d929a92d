"""Locks by name, among all processes that share a folder."""

import asyncio
import fcntl
import os
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.blobs.threads import in_thread

_STRIPES = 256
"""So many files stand for all names: two that share one wait for each other, and nothing has to be cleared away."""

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class FileLocks:
    """The system takes a lock from the dead, so none is ever left behind."""

    folder: Path

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncGenerator[None]:
        """Wait for one's turn and hold the lock. Raises: InsufficientStorage."""
        path = self.folder / f"{zlib.crc32(name.encode()) % _STRIPES:02x}.lock"
        descriptor = await in_thread(_open, path)
        try:
            while not _try(descriptor):  # noqa: ASYNC110 - another process can only be polled
                await asyncio.sleep(_POLL_S)
            yield
        finally:
            os.close(descriptor)


def _open(path: Path) -> int:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
