"""Replication: brings one store into line with the records of an image, from another one that has a good copy.

It looks at what is, never at what was asked: an image whose record is there must be in the store, one whose record is
gone must not. So doing it twice, late, or in another order comes to the same.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from app.domain.errors import (
    DamagedObject,
    DomainError,
    InsufficientStorage,
    NotFound,
    SourceUnreadable,
    StorageUnavailable,
)
from app.domain.image import Image, ImageId
from app.domain.objects import edited_prefix
from app.domain.outbox import OutboxEntry
from app.domain.replica import (
    ExpectedObject,
    Replica,
    ReplicaState,
    expected_objects,
    find_expected,
    object_prefixes,
    parse_payload,
)
from app.ports.fingerprint import fingerprint_of_file
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.work import Clock
from app.services.comparing import FaultKind, find_fault

WAIT_S = 5.0
"""How long a store that is away or full is left alone."""

SECOND_LOOK_S = 3.0
"""Thumbnails that are made anew are written a moment before their record is."""

DELAYS_S = (5.0, 15.0, 30.0, *(60.0,) * 60, *(3600.0,) * 24)
"""Between attempts that failed for another reason than a store that is away; a scrub comes back to what is given up."""

MAX_BYTES = 1 << 40

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplicationService:
    """Attributes:
    stores: By name, the primary first.
    wait: Returns after so many seconds.
    """

    records: Records
    stores: Mapping[str, BlobStore]
    clock: Clock
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def deliver(self, entry: OutboxEntry) -> None:
        """Do what an outbox entry of kind REPLICA owes; wait for as long as a store is away or full.

        An entry of a store that the settings do not name any more is done.

        Raises:
            NotFound, DamagedObject: No store has a good copy.
        """
        image_id, is_thorough = parse_payload(entry.payload)
        while entry.lane in self.stores:
            try:
                await self.mend(image_id, entry.lane, is_thorough=is_thorough)
            except (InsufficientStorage, StorageUnavailable):
                await self.wait(WAIT_S)
            else:
                return

    async def mend(self, image_id: ImageId, backend: str, *, is_thorough: bool) -> None:
        """Make a store hold all that the records tell of an image, or nothing when there is no such image.

        Args:
            backend: The store.
            is_thorough: Compare all bytes that are there; otherwise what is fixed and has the right size is taken for
                good, and all else is written anew.

        Raises:
            NotFound, DamagedObject: No store has a good copy. What could be mended is.
            InsufficientStorage, StorageUnavailable
        """
        image = await self.records.images.find(image_id)
        while image is not None:
            errors = await self._mend_objects(backend, image, is_thorough=is_thorough)
            await self._remove_edits(image.id, backend)
            after = await self.records.images.find(image_id)
            if after is not None and expected_objects(after) == expected_objects(image):
                await self._note(backend, image, errors)
                return
            image = after
        await self._remove(image_id, backend)

    async def _mend_objects(self, backend: str, image: Image, *, is_thorough: bool) -> list[NotFound | DamagedObject]:
        """Return why objects could not be mended. Raises: InsufficientStorage, StorageUnavailable."""
        errors: list[NotFound | DamagedObject] = []
        for expected in expected_objects(image):
            try:
                await self._mend_object(backend, image, expected, is_thorough=is_thorough)
            except (DamagedObject, NotFound) as error:
                errors.append(error)
            except (InsufficientStorage, StorageUnavailable) as error:
                await self.records.replicas.put(
                    (Replica(image.id, backend, ReplicaState.PENDING, None, error.message),)
                )
                raise
        return errors

    async def _note(self, backend: str, image: Image, errors: list[NotFound | DamagedObject]) -> None:
        """Keep how it went. Raises: the first of the errors."""
        if not errors:
            stat = await self.stores[backend].find(image.original_key)
            cid = stat.cid if stat else None
            await self.records.replicas.put((Replica(image.id, backend, ReplicaState.STORED, self.clock(), None, cid),))
            return
        is_damaged = any(isinstance(error, DamagedObject) for error in errors)
        state = ReplicaState.DAMAGED if is_damaged else ReplicaState.MISSING
        await self.records.replicas.put((Replica(image.id, backend, state, None, errors[0].message),))
        raise errors[0]

    async def _mend_object(self, backend: str, image: Image, expected: ExpectedObject, *, is_thorough: bool) -> None:
        if not is_thorough:
            if not await self._seems_good(backend, expected):
                await self._copy(backend, expected, DamagedObject(f"No store has a good copy of {expected.key!r}."))
            return
        fault = await find_fault(self.stores[backend], expected)
        if fault is not None and not expected.is_fixed:
            await self.wait(SECOND_LOOK_S)
            after = await self.records.images.find(image.id)
            if after is None or find_expected(after, expected.key) != expected:
                return  # it is another image by now, which the caller notices
            fault = await find_fault(self.stores[backend], expected)
        if fault is not None:
            log.warning("object faulty", extra={"key": expected.key, "store": backend, "reason": fault.detail})
            kind = NotFound if fault.kind is FaultKind.MISSING else DamagedObject
            await self._copy(backend, expected, kind(f"The object {expected.key!r}: {fault.detail}; no good copy."))

    async def _seems_good(self, backend: str, expected: ExpectedObject) -> bool:
        """Tell whether an object is there whose bytes never change. Thumbnails may be made anew, and are small."""
        if not expected.is_fixed:
            return False
        stat = await self.stores[backend].find(expected.key)
        return stat is not None and stat.byte_size == expected.byte_size

    async def _copy(self, backend: str, expected: ExpectedObject, failure: DomainError) -> None:
        """Write the first good copy that another store has over what is there. Raises: the failure when none has."""
        for name, source in self.stores.items():
            if name == backend:
                continue
            try:
                async with source.local_file(expected.key) as path:
                    if expected.is_like(*await fingerprint_of_file(path)):
                        await self.stores[backend].copy_in(expected.key, path, MAX_BYTES)
                        return
            except (DamagedObject, FileNotFoundError, NotFound, SourceUnreadable):
                continue
            except StorageUnavailable as error:
                failure = error
        raise failure

    async def _remove_edits(self, image_id: ImageId, backend: str) -> None:
        """Remove from a replica what edits made that were taken back, or were followed by others.

        The record is read after the replica: what is written there later is in the record already.
        """
        if backend == next(iter(self.stores)):
            return
        async with aclosing(self.stores[backend].list(edited_prefix(image_id))) as found:
            keys = [stat.key async for stat in found]
        image = await self.records.images.find(image_id) if keys else None
        for key in keys:
            if image is None or find_expected(image, key) is None:
                await self.stores[backend].delete(key)

    async def _remove(self, image_id: ImageId, backend: str) -> None:
        store = self.stores[backend]
        for prefix in object_prefixes(image_id):
            async with aclosing(store.list(prefix)) as found:
                keys = [stat.key async for stat in found]
            for key in keys:
                await store.delete(key)
