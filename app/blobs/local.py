"""Objects in a local folder: written whole or not at all, never outside the root."""

import errno
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.blobs.batches import gather_batches
from app.blobs.copying import copy_file
from app.blobs.listing import Folders, object_stat, scan_folder
from app.blobs.places import Place, find_file, open_folder, place_of
from app.blobs.reading import READ_BYTES, read_part
from app.blobs.threads import at_once, in_thread
from app.blobs.unfinished import UnfinishedFile, probe, sweep_unfinished
from app.blobs.warmth import Warmth, read_warm
from app.domain.errors import AlreadyUploaded, NotFound
from app.domain.upload import SignedUpload, Upload
from app.ports.objects import ObjectStat, ReadHeaders

USED_TICK_NS = 24 * 3600 * 10**9

_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ABSENT = (FileNotFoundError, NotADirectoryError)
"""Nothing is there; or there is a link on the way, behind which nothing is ours."""


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A `BlobStore`. The root is made when it is first written to; it may be moved or come back under a running server.

    All methods with a key raise InvalidInput for one that this server never makes.
    """

    root: Path
    warmth: Warmth = field(default_factory=Warmth, compare=False)

    async def put(self, key: str, data: bytes) -> None:
        await in_thread(self._put, place_of(key), data)
        self.warmth.add(key)

    async def put_new(self, key: str, chunks: AsyncIterator[bytes], max_bytes: int) -> int:
        place = place_of(key)
        file = UnfinishedFile(self.root)
        try:
            async with aclosing(gather_batches(chunks, max_bytes)) as batches:
                async for batch in batches:
                    await in_thread(file.write, batch)
            await in_thread(file.commit_new, place)
        except FileExistsError as error:
            raise AlreadyUploaded("The bytes of this upload have arrived before.") from error
        finally:
            await in_thread(file.discard)
        return file.byte_size

    async def copy_in(self, key: str, path: Path, max_bytes: int) -> None:
        await in_thread(self._copy_in, place_of(key), path, max_bytes)

    async def find(self, key: str) -> ObjectStat | None:
        place = place_of(key)
        return at_once(self._find, key, place) if self.warmth.has(key) else await in_thread(self._find, key, place)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        place = place_of(key)
        if end is not None and self.warmth.has(key):
            data = self._read_warm(key, place, start, min(end, start + READ_BYTES))
            if data:
                yield data
                start += len(data)
                if start == end:
                    return
        with ExitStack() as stack:
            data, descriptor = await in_thread(self._open_and_read, stack, place, start, end)
            self.warmth.add(key)
            while data:
                yield data
                start += len(data)
                # An end that is reached needs no look behind it, which would take as long as the read.
                data = b"" if start == end else await in_thread(read_part, descriptor, start, end)

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncGenerator[Path]:
        """Give the object's own file, which is gone when the object is deleted meanwhile. Raises: NotFound."""
        place = place_of(key)
        if await in_thread(self._find, key, place) is None:
            raise _no_object(place)
        yield self.root.joinpath(*place.folders, place.name)

    async def move(self, source: str, target: str, *, etag: str | None = None, sha256: str | None = None) -> None:  # noqa: ARG002 - what was inspected cannot change here
        await in_thread(self._move, place_of(source), place_of(target))

    async def delete(self, key: str) -> None:
        await in_thread(self._delete, place_of(key))

    async def list(self, prefix: str = "") -> AsyncGenerator[ObjectStat]:
        """Yield the objects folder by folder, each in the order of its names; one may have come or gone meanwhile."""
        waiting: list[Folders] = [()]
        while waiting:
            found, below = await in_thread(scan_folder, self.root, waiting.pop(), prefix)
            waiting += below
            for stat in found:
                yield stat

    async def sign_put(self, upload: Upload) -> SignedUpload | None:  # noqa: ARG002 - the port's signature
        """Return None: the bytes come to this server itself."""
        return None

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:  # noqa: ARG002
        """Return None: the bytes are read from this server itself."""
        return None

    async def sweep(self, before: datetime) -> int:
        return await in_thread(sweep_unfinished, self.root, before.timestamp())

    async def check(self) -> None:
        """Write, link and remove a file. Raises: OSError, InsufficientStorage."""
        await in_thread(probe, self.root)

    def _put(self, place: Place, data: bytes) -> None:
        with UnfinishedFile(self.root) as file:
            file.write(data)
            file.commit(place)

    def _copy_in(self, place: Place, path: Path, max_bytes: int) -> None:
        with UnfinishedFile(self.root) as file:
            copy_file(path, file, max_bytes)
            file.commit(place)

    def _find(self, key: str, place: Place) -> ObjectStat | None:
        with suppress(*_ABSENT), open_folder(self.root, place.folders) as folder:
            found = find_file(folder, place.name)
            return object_stat(key, found) if found is not None else None
        return None

    def _open_and_read(self, stack: ExitStack, place: Place, start: int, end: int | None) -> tuple[bytes, int]:
        # The stack, not the caller, gets the descriptor, so that it is closed even when nobody waits for it any more.
        try:
            with open_folder(self.root, place.folders) as folder:
                if find_file(folder, place.name) is None:
                    raise _no_object(place)
                descriptor = os.open(place.name, _READ_FLAGS, dir_fd=folder)
        except _ABSENT as error:
            raise _no_object(place) from error
        stack.callback(os.close, descriptor)
        _mark_used(descriptor)
        return read_part(descriptor, start, end), descriptor

    def _read_warm(self, key: str, place: Place, start: int, end: int) -> bytes:
        """Return what of a part is in memory, from its start on; nothing of what must be looked at in a thread."""
        try:
            with open_folder(self.root, place.folders) as folder:
                descriptor = os.open(place.name, _READ_FLAGS, dir_fd=folder)
            try:
                return read_warm(descriptor, start, end - start)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.warmth.discard(key)
            if error.errno == errno.EOPNOTSUPP:
                self.warmth.end()
            return b""

    def _move(self, source: Place, target: Place) -> None:
        with open_folder(self.root, target.folders, create=True) as new:
            with suppress(*_ABSENT), open_folder(self.root, source.folders) as old:
                if find_file(old, source.name) is not None:
                    os.rename(source.name, target.name, src_dir_fd=old, dst_dir_fd=new)
                    os.fsync(old)
            if find_file(new, target.name) is None:
                raise _no_object(source)
            os.fsync(new)

    def _delete(self, place: Place) -> None:
        with suppress(*_ABSENT), open_folder(self.root, place.folders) as folder:
            os.unlink(place.name, dir_fd=folder)
            os.fsync(folder)


def _mark_used(descriptor: int) -> None:
    """Keep when an object was last read, at most once a day, also where the file system is told not to."""
    found = os.fstat(descriptor)
    now = time.time_ns()
    if now - max(found.st_atime_ns, found.st_mtime_ns) > USED_TICK_NS:
        with suppress(OSError):  # a folder that cannot be written can still be read
            os.utime(descriptor, ns=(now, found.st_mtime_ns))


def _no_object(place: Place) -> NotFound:
    return NotFound(f"There is no object {place.name!r}.")
