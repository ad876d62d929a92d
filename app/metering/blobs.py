"""A store that tells how long each operation takes."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

from app.domain.upload import SignedUpload, Upload
from app.metering.timing import timed
from app.ports.meter import Meter
from app.ports.objects import BlobStore, ObjectStat, ReadHeaders


@dataclass(frozen=True, slots=True)
class MeteredBlobs:
    """A `BlobStore` around another. Failures take time, too, and are timed alike."""

    store: BlobStore
    meter: Meter

    async def put(self, key: str, data: bytes) -> None:
        with timed(self.meter.observe_storage, "put"):
            await self.store.put(key, data)

    async def put_new(self, key: str, chunks: AsyncIterator[bytes], max_bytes: int) -> int:
        """The time is that of a whole upload, so it is the client's as much as the store's."""
        with timed(self.meter.observe_storage, "put_new"):
            return await self.store.put_new(key, chunks, max_bytes)

    async def copy_in(self, key: str, path: Path, max_bytes: int) -> None:
        with timed(self.meter.observe_storage, "copy_in"):
            await self.store.copy_in(key, path, max_bytes)

    async def find(self, key: str) -> ObjectStat | None:
        with timed(self.meter.observe_storage, "find"):
            return await self.store.find(key)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        async with aclosing(self.store.read(key, start, end)) as chunks:
            with timed(self.meter.observe_storage, "read"):
                first = await anext(chunks, None)
            if first is None:
                return
            yield first
            async for chunk in chunks:
                yield chunk

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncGenerator[Path]:
        begun = perf_counter()
        async with self.store.local_file(key) as path:
            self.meter.observe_storage("local_file", perf_counter() - begun)
            yield path

    async def move(self, source: str, target: str, *, etag: str | None = None, sha256: str | None = None) -> None:
        with timed(self.meter.observe_storage, "move"):
            await self.store.move(source, target, etag=etag, sha256=sha256)

    async def delete(self, key: str) -> None:
        with timed(self.meter.observe_storage, "delete"):
            await self.store.delete(key)

    def list(self, prefix: str = "") -> AsyncGenerator[ObjectStat]:
        return self.store.list(prefix)

    async def sign_put(self, upload: Upload) -> SignedUpload | None:
        with timed(self.meter.observe_storage, "sign_put"):
            return await self.store.sign_put(upload)

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:
        with timed(self.meter.observe_storage, "sign_get"):
            return await self.store.sign_get(stat, headers)

    async def sweep(self, before: datetime) -> int:
        with timed(self.meter.observe_storage, "sweep"):
            return await self.store.sweep(before)

    async def check(self) -> None:
        with timed(self.meter.observe_storage, "check"):
            await self.store.check()
