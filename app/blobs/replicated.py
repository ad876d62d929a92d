"""One store over several: the primary's acknowledgement is the answer, and reads go on without it.

What follows is not done here: the records owe each replica what was added, changed or deleted, together with the
change, and the outbox pays it. So a crash between two stores loses nothing.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.blobs.health import PATIENCE_S, Health
from app.blobs.reading import read_file
from app.blobs.threads import unavailable
from app.domain.errors import DamagedObject, DomainError, InsufficientStorage, NotFound, StorageUnavailable
from app.domain.image import ImageId
from app.domain.replica import ExpectedObject, durable_image_id, find_expected, repair_entry
from app.domain.upload import SignedUpload, Upload
from app.ports.fingerprint import fingerprint_of_file
from app.ports.objects import BlobStore, ObjectStat, ReadHeaders
from app.ports.records import Records
from app.ports.work import Clock

VARIANTS = "variants/"
"""Made again when they are gone, so any store may keep them while the primary is away."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplicatedStore:
    """A `BlobStore`.

    Attributes:
        stores: By name, the primary first.
    """

    stores: Mapping[str, BlobStore]
    records: Records
    health: Health
    clock: Clock

    async def put(self, key: str, data: bytes) -> None:
        if not key.startswith(VARIANTS):
            with self._asked(self._primary):
                await self.stores[self._primary].put(key, data)
            return None
        failure: DomainError = unavailable()
        for name in self.health.in_order():
            try:
                with self._asked(name):
                    return await self.stores[name].put(key, data)
            except (StorageUnavailable, InsufficientStorage) as error:
                failure = error
        raise failure

    async def put_new(self, key: str, chunks: AsyncIterator[bytes], max_bytes: int) -> int:
        with self._asked(self._primary):
            return await self.stores[self._primary].put_new(key, chunks, max_bytes)

    async def copy_in(self, key: str, path: Path, max_bytes: int) -> None:
        with self._asked(self._primary):
            await self.stores[self._primary].copy_in(key, path, max_bytes)

    async def find(self, key: str) -> ObjectStat | None:
        """Return what the first store that has the whole object tells of it."""
        image_id, expected = await self._expect(key)
        if expected is None:
            return await self._find_unknown(key)
        found: ObjectStat | None = None
        failure: DomainError | None = None
        is_lacking = False
        for name in self.health.in_order():
            try:
                stat = await self._find(name, key)
            except StorageUnavailable as error:
                failure = failure or error
                continue
            if stat is not None and expected.byte_size in (None, stat.byte_size):
                await self._ask_for_repair(image_id, needed=is_lacking)
                return stat
            is_lacking = is_lacking or name == self._primary
            found = found or stat
        if found is None and failure is not None:
            raise failure
        return found

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes of the first store that has those which the records tell of.

        They are compared before the first one is given away, so an object is read whole for any part of it.
        """
        async with AsyncExitStack() as stack:
            path = await self._open_good(stack, key)
            if path is not None:
                chunks = await stack.enter_async_context(aclosing(read_file(path, start, end)))
            else:
                chunks = await stack.enter_async_context(aclosing(self._read_unknown(key, start, end)))
            async for chunk in chunks:
                yield chunk

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncGenerator[Path]:
        """Give a copy that is what the records tell of, from the first store that has one.

        Raises: NotFound, DamagedObject.
        """
        async with AsyncExitStack() as stack:
            path = await self._open_good(stack, key)
            if path is None:
                with self._asked(self._primary):
                    path = await stack.enter_async_context(self.stores[self._primary].local_file(key))
            yield path

    async def move(self, source: str, target: str, *, etag: str | None = None, sha256: str | None = None) -> None:
        with self._asked(self._primary):
            await self.stores[self._primary].move(source, target, etag=etag, sha256=sha256)

    async def delete(self, key: str) -> None:
        """Remove an object from the primary; what is owed to the others, and to one that is away, is in the outbox."""
        try:
            with self._asked(self._primary):
                await self.stores[self._primary].delete(key)
        except StorageUnavailable:
            if durable_image_id(key) is None and not key.startswith(VARIANTS):
                raise

    async def list(self, prefix: str = "") -> AsyncGenerator[ObjectStat]:
        """Yield what the first store that answers has."""
        failure: DomainError = unavailable()
        for name in self.health.in_order():
            async with aclosing(self.stores[name].list(prefix)) as found:
                try:
                    with self._asked(name):
                        first = await anext(found, None)
                except StorageUnavailable as error:
                    failure = error
                    continue
                if first is not None:
                    yield first
                async for stat in found:
                    yield stat
                return
        raise failure

    async def sign_put(self, upload: Upload) -> SignedUpload | None:
        """Return where the primary takes the bytes. Raises: StorageUnavailable, rather than lead a client to nobody."""
        if self.health.is_away(self._primary):
            raise unavailable()
        return await self.stores[self._primary].sign_put(upload)

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:
        """Return an address at the primary only for what it has itself."""
        with suppress(StorageUnavailable):
            address = await self.stores[self._primary].sign_get(stat, headers)
            if address is not None and not self.health.is_away(self._primary):
                return address if await self._find(self._primary, stat.key) == stat else None
        return None

    async def sweep(self, before: datetime) -> int:
        removed = 0
        for name, store in self.stores.items():
            with suppress(StorageUnavailable), self._asked(name):
                removed += await store.sweep(before)
        return removed

    async def check(self) -> None:
        with self._asked(self._primary, is_needed=True):
            await self.stores[self._primary].check()

    @property
    def _primary(self) -> str:
        return next(iter(self.stores))

    @contextmanager
    def _asked(self, name: str, *, is_needed: bool = False) -> Iterator[None]:
        """Note whether a store answers; one that is away is not asked unless it `is_needed` to find that out.

        Raises:
            StorageUnavailable
        """
        if not is_needed and self.health.is_away(name):
            raise unavailable()
        try:
            yield
        except StorageUnavailable:
            self.health.note(name, is_up=False)
            raise
        self.health.note(name, is_up=True)

    async def _find(self, name: str, key: str) -> ObjectStat | None:
        try:
            with self._asked(name):
                async with asyncio.timeout(PATIENCE_S):
                    return await self.stores[name].find(key)
        except TimeoutError as error:
            self.health.note(name, is_up=False)
            raise unavailable() from error

    async def _find_unknown(self, key: str) -> ObjectStat | None:
        """Find what no record tells of: a variant where it was made, all else at the primary."""
        if key.startswith(VARIANTS):
            for name in self.health.in_order():
                with suppress(StorageUnavailable):
                    return await self._find(name, key)
        with self._asked(self._primary):
            return await self.stores[self._primary].find(key)

    async def _read_unknown(self, key: str, start: int, end: int | None) -> AsyncGenerator[bytes]:
        name = self.health.in_order()[0] if key.startswith(VARIANTS) else self._primary
        async with aclosing(self.stores[name].read(key, start, end)) as chunks:
            with self._asked(name):
                first = await anext(chunks, None)
            if first is not None:
                yield first
            async for chunk in chunks:
                yield chunk

    async def _expect(self, key: str) -> tuple[ImageId, ExpectedObject | None]:
        """Return what the records tell of an object; None when they do not, or not yet."""
        image_id = durable_image_id(key)
        image = await self.records.images.find(image_id) if image_id else None
        return image_id or ImageId(""), find_expected(image, key) if image else None

    async def _open_good(self, stack: AsyncExitStack, key: str) -> Path | None:
        """Open the first copy that is what the records tell of; None when they do not.

        Raises:
            NotFound, DamagedObject, StorageUnavailable: What is wrong with the first, when no other is good.
        """
        image_id, expected = await self._expect(key)
        if expected is None:
            return None
        faults: list[DomainError] = []
        for name in self.health.in_order():
            async with AsyncExitStack() as attempt:
                try:
                    with self._asked(name):
                        path = await attempt.enter_async_context(self.stores[name].local_file(key))
                    await check_file(path, expected)
                except (NotFound, DamagedObject, StorageUnavailable) as error:
                    faults.append(error)
                    continue
                stack.push_async_callback(attempt.pop_all().aclose)
                is_worse = bool(faults) and not isinstance(faults[0], StorageUnavailable)
                await self._ask_for_repair(image_id, needed=name != self._primary and is_worse)
                return path
        raise faults[0]

    async def _ask_for_repair(self, image_id: ImageId, *, needed: bool) -> None:
        if needed:
            log.warning("primary lacks a good copy", extra={"image_id": image_id, "store": self._primary})
            await self.records.outbox.add((repair_entry(image_id, self._primary, self.clock()),))


async def check_file(path: Path, expected: ExpectedObject) -> None:
    """Raises: NotFound, DamagedObject."""
    try:
        byte_size, sha256 = await fingerprint_of_file(path)
    except FileNotFoundError as error:
        raise NotFound(f"There is no object {expected.key!r}.") from error
    if not expected.is_like(byte_size, sha256):
        raise DamagedObject(f"The object {expected.key!r} is not what was written.")
