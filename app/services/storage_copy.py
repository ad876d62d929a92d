"""The copy: brings all images of one store into another one, while the server goes on."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from app.domain.errors import DamagedObject, NotFound
from app.domain.image import Image, ImageId
from app.domain.replica import ReplicaState, expected_objects
from app.ports.records import Records
from app.services.replication import ReplicationService

IMAGES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class CopiedImage:
    """Attributes:
    was_there: Nothing had to be written.
    error: Why it could not be copied.
    """

    image_id: ImageId
    was_there: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StorageCopyService:
    """Attributes:
    replication: Over two stores, the one to copy from first.
    target: The name of the other one.
    """

    records: Records
    replication: ReplicationService
    target: str

    async def copy_all(self, *, trusting: bool) -> AsyncGenerator[CopiedImage]:
        """Copy each image that is not there yet, in the order of their ids, and yield how it went.

        What was copied is known by its record, so a copy that is broken off goes on when it is called again. What came
        or changed behind the place where a copy is, is found by the next one.

        Args:
            trusting: Believe the records of what was copied, rather than look for each object.

        Raises:
            InsufficientStorage, StorageUnavailable
        """
        after: ImageId | None = None
        while images := await self.records.images.scan(after, IMAGES_AT_ONCE):
            for copied in await asyncio.gather(*(self._copy(image, trusting=trusting) for image in images)):
                yield copied
            after = images[-1].id

    async def _copy(self, image: Image, *, trusting: bool) -> CopiedImage:
        if await self._is_known(image) and (trusting or await self._is_there(image)):
            return CopiedImage(image.id, was_there=True)
        try:
            await self.replication.mend(image.id, self.target, is_thorough=False)
        except (DamagedObject, NotFound) as error:
            return CopiedImage(image.id, error=error.message)
        return CopiedImage(image.id)

    async def _is_known(self, image: Image) -> bool:
        known = (await self.records.replicas.find_many((image.id,))).get(image.id, ())
        return any(each.backend == self.target and each.state is ReplicaState.STORED for each in known)

    async def _is_there(self, image: Image) -> bool:
        store = self.replication.stores[self.target]
        for expected in expected_objects(image):
            stat = await store.find(expected.key)
            if stat is None or expected.byte_size not in (None, stat.byte_size):
                return False
        return True
