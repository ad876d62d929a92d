"""Objects on a node of IPFS, under paths of its Mutable File System."""

import asyncio
import hashlib
import io
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from app.blobs.copying import copy_file
from app.blobs.ipfs.identifiers import Note
from app.blobs.ipfs.node import Entry, Node
from app.blobs.ipfs.versions import Version, find_version, list_notes, number_of
from app.blobs.listing import Folders, may_hold
from app.blobs.places import is_part, is_shard, place_of
from app.blobs.spooling import SpoolFile, open_spool, spool, sweep_spool
from app.blobs.threads import in_thread, unavailable
from app.domain.errors import AlreadyUploaded, Conflict, DamagedObject, NotFound
from app.domain.upload import SignedUpload, Upload
from app.ports.objects import ObjectStat, ReadHeaders

READ_BYTES = 1024 * 1024
"""What is asked of the node at once, so that a reader that is slow meets no deadline."""

MAX_BYTES = 1 << 40
STAGING = "staging/"

_ATTEMPTS = 8
_LISTED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class IpfsStore:
    """A `BlobStore`. All methods with a key raise InvalidInput for one that this server never makes.

    The node's garbage collection keeps what has a path. So deleting removes a path alone: the bytes live on while
    another key, or another program, has them too, and a pin is only needed from when they are added to when they have
    a path. Every object is a folder with its versions, of which the newest counts: see `versions`.

    Attributes:
        root: The folder of all objects in the Mutable File System, such as `/gf-images`.
        folder: Local files wait here on their way to the node, or to a process that decodes them.
    """

    node: Node
    root: str
    folder: Path

    async def put(self, key: str, data: bytes) -> None:
        place_of(key)
        digest = await in_thread(hashlib.sha256, data)
        await self._write(key, io.BytesIO(data), len(data), digest.hexdigest())

    async def put_new(self, key: str, chunks: AsyncIterator[bytes], max_bytes: int) -> int:
        place_of(key)
        async with spool(self.folder, chunks, max_bytes) as file:
            await self._write_file(key, file, is_new=True)
            return file.byte_size

    async def copy_in(self, key: str, path: Path, max_bytes: int) -> None:
        place_of(key)
        async with open_spool(self.folder) as file:
            await in_thread(copy_file, path, file, max_bytes)
            await self._write_file(key, file)

    async def find(self, key: str) -> ObjectStat | None:
        version = await self._find(key)
        return version.to_stat(key) if version else None

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        version = await self._find(key)
        if version is None:
            raise _no_object(key)
        end = version.byte_size if end is None else min(end, version.byte_size)
        is_whole, digest = (start, end) == (0, version.byte_size), hashlib.sha256()
        for at in range(start, end, READ_BYTES):
            length = min(READ_BYTES, end - at)
            chunk = await self.node.read(version.cid, at, length)
            if len(chunk) != length:
                raise unavailable()
            if is_whole:
                await in_thread(digest.update, chunk)
                if at + length == end and digest.hexdigest() != version.note.sha256:
                    raise DamagedObject(f"The object {key!r} is not what was written.")
            yield chunk

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncGenerator[Path]:
        """Give a copy of the object, which is gone afterwards. Raises: NotFound, DamagedObject."""
        async with aclosing(self.read(key)) as chunks, spool(self.folder, chunks, MAX_BYTES) as file:
            yield file.path

    async def move(self, source: str, target: str, *, etag: str | None = None, sha256: str | None = None) -> None:
        place_of(target)
        version = await self._find(source)
        if version is None:
            if await self._find(target) is None:
                raise _no_object(source)
            return
        if etag is not None and version.cid != etag:
            raise Conflict(f"The object {source!r} was replaced while it was looked at.")
        await self._name(target, version.cid, sha256 or version.note.sha256)
        await self.delete(source)

    async def delete(self, key: str) -> None:
        await self.node.remove(self._path(key))

    async def list(self, prefix: str = "") -> AsyncGenerator[ObjectStat]:
        async with aclosing(self._walk((), prefix)) as found:
            async for key, entries in found:
                if version := find_version(entries):
                    yield version.to_stat(key)

    async def sign_put(self, upload: Upload) -> SignedUpload | None:  # noqa: ARG002 - the port's signature
        """Return None: the API of a node is for its owner alone."""
        return None

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:  # noqa: ARG002
        """Return None: what a gateway gives under an address can never be taken back."""
        return None

    async def sweep(self, before: datetime) -> int:
        """Remove local files, and what is staged but was never written to its end, that were begun before then."""
        removed = await in_thread(sweep_spool, self.folder, before.timestamp())
        async with aclosing(self._walk((), STAGING)) as found:
            async for key, entries in found:
                notes = list_notes(entries)
                if find_version(entries) is None and all(note.written_at < before for note in notes):
                    await self.delete(key)
                    removed += 1
        return removed

    async def check(self) -> None:
        """Write and remove a path."""
        key = f"{STAGING}probe-{token_hex(8)}"
        await self.node.link(_note("").to_cid(), f"{self._path(key)}/0-probe")
        await self.delete(key)

    async def _write_file(self, key: str, file: SpoolFile, *, is_new: bool = False) -> None:
        body = await in_thread(open, file.path, "rb")
        await self._write(key, body, file.byte_size, file.sha256, is_new=is_new)

    async def _write(self, key: str, body: BinaryIO, byte_size: int, sha256: str, *, is_new: bool = False) -> None:
        with body:
            if is_new and await self._find(key) is not None:
                raise _already_there()
            async with self.node.added(body, byte_size) as cid:
                await self._name(key, cid, sha256, is_new=is_new)

    async def _name(self, key: str, cid: str, sha256: str, *, is_new: bool = False) -> None:
        """Make the bytes the newest version under a key, the first when it `is_new`, and remove the others."""
        path = self._path(key)
        for _ in range(_ATTEMPTS):
            entries = await self.node.list(path)
            newest = find_version(entries)
            if is_new and newest is not None:
                raise _already_there()
            number = max(map(number_of, entries), default=0) + 1 if newest else 1
            await self.node.link(_note(sha256).to_cid(), f"{path}/{number}-{cid}-{token_hex(4)}")
            if await self.node.link(cid, f"{path}/{number}"):
                for entry in entries:
                    if number_of(entry) < number:
                        await self.node.remove(f"{path}/{entry.name}")
                return
        raise unavailable()

    async def _find(self, key: str) -> Version | None:
        return find_version(await self.node.list(self._path(key)))

    async def _walk(self, folders: Folders, prefix: str) -> AsyncGenerator[tuple[str, Sequence[Entry]]]:
        """Yield the keys below a folder that begin with the prefix, and what is kept of each."""
        names = sorted(entry.name for entry in await self.node.list("/".join((self.root, *folders))))
        if folders and is_shard(folders[-1]):
            keys = ["/".join((*folders[:-1], name)) for name in names if is_part(name)]
            keys = [key for key in keys if key.startswith(prefix)]
            for at in range(0, len(keys), _LISTED_AT_ONCE):
                some = keys[at : at + _LISTED_AT_ONCE]
                for pair in zip(some, await self._list_all(some), strict=True):
                    yield pair
            return
        for name in names:
            if may_hold((*folders, name), prefix):
                async with aclosing(self._walk((*folders, name), prefix)) as found:
                    async for pair in found:
                        yield pair

    async def _list_all(self, keys: Sequence[str]) -> Sequence[Sequence[Entry]]:
        return await asyncio.gather(*(self.node.list(self._path(key)) for key in keys))

    def _path(self, key: str) -> str:
        """Return an object's folder. Raises: InvalidInput."""
        place = place_of(key)
        return "/".join((self.root, *place.folders, place.name))


def _note(sha256: str) -> Note:
    return Note(datetime.now(UTC), sha256)


def _no_object(key: str) -> NotFound:
    return NotFound(f"There is no object {key!r}.")


def _already_there() -> AlreadyUploaded:
    return AlreadyUploaded("The bytes of this upload have arrived before.")
