"""The check: what each store lacks, holds damaged, or holds too much, compared with the records."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from app.domain.errors import DamagedObject, InsufficientStorage, NotFound
from app.domain.image import Image, ImageId
from app.domain.objects import image_id_of_key, object_keys
from app.domain.replica import Replica, ReplicaState, expected_objects
from app.ports.objects import BlobStore, ObjectStat
from app.ports.records import Records
from app.ports.work import Clock
from app.services.comparing import Fault, FaultKind, find_fault
from app.services.replication import SECOND_LOOK_S, ReplicationService

IMAGES_AT_ONCE = 8
STRAYS_AT_ONCE = 500

FRESH = timedelta(seconds=60)
"""What is younger may still be on its way: to a replica, or to its record."""


class FindingKind(StrEnum):
    """UNREPLICATED has not come to a replica yet; MISSING was there, or should have been from the start."""

    MISSING = "MISSING"
    DAMAGED = "DAMAGED"
    UNREPLICATED = "UNREPLICATED"
    STRAY = "STRAY"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one object in one store; `is_mended` when it was put right, or removed, just now."""

    kind: FindingKind
    backend: str
    key: str
    detail: str
    is_mended: bool = False


@dataclass(frozen=True, slots=True)
class StorageCheckService:
    """Attributes:
    stores: By name, the primary first.
    wait: Returns after so many seconds.
    """

    records: Records
    stores: Mapping[str, BlobStore]
    replication: ReplicationService
    clock: Clock
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def check_images(self, *, repair: bool) -> AsyncGenerator[tuple[Finding, ...]]:
        """Yield what is wrong with each image, in the order of their ids; nothing for those that are whole.

        Args:
            repair: Write a good copy, where a store has one, over what is wrong.

        Raises:
            StorageUnavailable
        """
        after: ImageId | None = None
        while images := await self.records.images.scan(after, IMAGES_AT_ONCE):
            look = self._mend if repair else self.inspect
            for findings in await asyncio.gather(*(look(image) for image in images)):
                yield findings
            after = images[-1].id

    async def inspect(self, image: Image) -> tuple[Finding, ...]:
        """Read all that must be there of an image in every store, and keep how it is.

        Raises:
            StorageUnavailable
        """
        known = {replica.backend: replica for replica in await self._known(image)}
        faults = {backend: await self._find_faults(backend, image) for backend in self.stores}
        after = await self.records.images.find(image.id)
        if after is None:
            return ()
        if expected_objects(after) != expected_objects(image):
            return await self.inspect(after)
        findings: list[Finding] = []
        for backend, found in faults.items():
            found_here = [self._finding(backend, known.get(backend), key, fault) for key, fault in found.items()]
            if self._is_on_its_way(image, found_here):
                continue
            await self._note(image, backend, found_here)
            findings += found_here
        return tuple(findings)

    async def find_strays(self, backend: str, *, delete: bool) -> AsyncGenerator[Finding]:
        """Yield the objects of a store that belong to no image; what is staged, or being completed, is none of them.

        Args:
            delete: Remove them.

        Raises:
            StorageUnavailable
        """
        batch: list[ObjectStat] = []
        async with aclosing(self.stores[backend].list()) as found:
            async for stat in found:
                if not stat.key.startswith("staging/"):
                    batch.append(stat)
                if len(batch) >= STRAYS_AT_ONCE:
                    for finding in await self._strays(backend, batch, delete=delete):
                        yield finding
                    batch.clear()
        for finding in await self._strays(backend, batch, delete=delete):
            yield finding

    async def _mend(self, image: Image) -> tuple[Finding, ...]:
        """Mend what is wrong, the primary first, and look again: what is still wrong has no good copy."""
        findings = await self.inspect(image)
        for backend in dict.fromkeys(finding.backend for finding in findings):
            with suppress(DamagedObject, InsufficientStorage, NotFound):
                await self.replication.mend(image.id, backend, is_thorough=True)
        if not findings:
            return ()
        left = {(finding.backend, finding.key) for finding in await self.inspect(image)}
        return tuple(replace(each, is_mended=(each.backend, each.key) not in left) for each in findings)

    async def _known(self, image: Image) -> Sequence[Replica]:
        return (await self.records.replicas.find_many((image.id,))).get(image.id, ())

    async def _find_faults(self, backend: str, image: Image) -> dict[str, Fault]:
        faults = {}
        for expected in expected_objects(image):
            fault = await find_fault(self.stores[backend], expected)
            if fault is not None and not expected.is_fixed:  # written a moment before its record, when made anew
                await self.wait(SECOND_LOOK_S)
                fault = await find_fault(self.stores[backend], expected)
            if fault is not None:
                faults[expected.key] = fault
        return faults

    def _finding(self, backend: str, known: Replica | None, key: str, fault: Fault) -> Finding:
        """Tell what a replica never had from what it has lost."""
        is_waiting = known is None or known.state is ReplicaState.PENDING
        if is_waiting and backend != next(iter(self.stores)):
            return Finding(FindingKind.UNREPLICATED, backend, key, fault.detail)
        return Finding(FindingKind(fault.kind.value), backend, key, fault.detail)

    def _is_on_its_way(self, image: Image, findings: Sequence[Finding]) -> bool:
        is_fresh = image.created_at > self.clock() - FRESH
        return is_fresh and any(finding.kind is FindingKind.UNREPLICATED for finding in findings)

    async def _note(self, image: Image, backend: str, findings: Sequence[Finding]) -> None:
        kinds = {finding.kind for finding in findings}
        state = ReplicaState.STORED
        for kind, worse in _STATES.items():
            state = worse if kind in kinds else state
        error = f"{findings[0].key}: {findings[0].detail}." if findings else None
        stat = await self.stores[backend].find(image.original_key)
        cid = stat.cid if stat else None
        await self.records.replicas.put((Replica(image.id, backend, state, self.clock(), error, cid),))

    async def _strays(self, backend: str, batch: Sequence[ObjectStat], *, delete: bool) -> list[Finding]:
        strays = await self._without_image(batch)
        if any(stat.modified_at > self.clock() - FRESH for stat in strays):
            await self.wait(SECOND_LOOK_S)  # an object is written a moment before its record
            strays = await self._without_image(strays)
        findings = []
        for stat in strays:
            if await self.stores[backend].find(stat.key) is None:
                continue  # it was deleted meanwhile
            if delete:
                await self.stores[backend].delete(stat.key)
            detail = f"{stat.byte_size} bytes of {stat.modified_at:%Y-%m-%d %H:%M}"
            findings.append(Finding(FindingKind.STRAY, backend, stat.key, detail, is_mended=delete))
        return findings

    async def _without_image(self, stats: Sequence[ObjectStat]) -> list[ObjectStat]:
        ids = {stat.key: _image_id(stat.key) for stat in stats}
        images = await self.records.images.find_many([image_id for image_id in set(ids.values()) if image_id])
        strays = []
        for stat in stats:
            image_id = ids[stat.key]
            image = images.get(image_id) if image_id else None
            if image is not None and (stat.key.startswith("variants/") or stat.key in object_keys(image)):
                continue
            upload = await self.records.uploads.find(image_id) if image_id and image is None else None
            if upload is None or upload.job_id is not None:
                strays.append(stat)
        return strays


_STATES = {
    FindingKind.UNREPLICATED: ReplicaState.PENDING,
    FindingKind.MISSING: FaultKind.MISSING.state,
    FindingKind.DAMAGED: FaultKind.DAMAGED.state,
}
"""What a finding makes of an image in a store, the worst last."""


def _image_id(key: str) -> ImageId | None:
    try:
        return image_id_of_key(key)
    except NotFound:
        return None
