"""What tells whether two objects have the same bytes."""

import asyncio
import hashlib
import os
from contextlib import aclosing
from pathlib import Path

from app.ports.objects import BlobStore


async def fingerprint_of_file(path: Path) -> tuple[int, str]:
    """Return the size in bytes and the SHA-256, hex, of a local file. Raises: OSError."""
    return await asyncio.to_thread(_read_file, path)


async def fingerprint_of_object(store: BlobStore, key: str) -> tuple[int, str]:
    """Return the size in bytes and the SHA-256, hex, of an object as it is read now.

    Raises:
        NotFound, StorageUnavailable
        DamagedObject: The store itself knows that it is not what was written.
    """
    byte_size, digest = 0, hashlib.sha256()
    async with aclosing(store.read(key)) as chunks:
        async for chunk in chunks:
            byte_size += len(chunk)
            await asyncio.to_thread(digest.update, chunk)
    return byte_size, digest.hexdigest()


def _read_file(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
