"""Objects: who may read the bytes of an image."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import NotFound
from app.domain.image import Image, ImageId
from app.domain.objects import image_id_of_key, object_keys
from app.domain.viewer import Viewer
from app.ports.objects import AddressSigner, BlobStore, ObjectStat, ReadHeaders
from app.ports.records import Records


@dataclass(frozen=True, slots=True)
class ObjectService:
    records: Records
    blobs: BlobStore
    signer: AddressSigner

    async def open(self, viewer: Viewer, key: str, signature: str | None) -> tuple[ObjectStat, bool]:
        """Return an object that the viewer may see, or whose address is signed, and whether everybody may see it.

        A signature is looked at before the image is, so that a wrong one tells nothing of what exists.

        Raises:
            NotFound: There is no such object, or none that the viewer may see.
            InvalidSignature, Expired: Only when the viewer may not see it without.
        """
        image = await self.records.images.find(image_id_of_key(key))
        if image is None or not policy.can_see_image(viewer, image):
            if signature is None:
                raise _no_object()
            self.signer.check_object(key, signature)
        return await self._find(image, key), image is not None and image.is_public

    async def find_paths(self, viewer: Viewer, keys: Sequence[str]) -> tuple[str | None, ...]:
        """Return the path of each object, signed unless public; None where there is none that the viewer may see."""
        ids = {key: _find_id(key) for key in keys}
        images = await self.records.images.find_many([image_id for image_id in set(ids.values()) if image_id])
        paths: dict[str, str] = {}
        for key, image_id in ids.items():
            image = images.get(image_id) if image_id else None
            if image is not None and policy.can_see_image(viewer, image) and await self._is_there(image, key):
                paths[key] = self.signer.object_path(key, public=image.is_public)
        return tuple(paths.get(key) for key in keys)

    async def sign_read(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:
        """Return where a client may read an opened object from its store itself; None when it is read from here."""
        return await self.blobs.sign_get(stat, headers)

    def read(self, stat: ObjectStat, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes of an opened object from `start` up to, without, `end`. Raises: NotFound."""
        return self.blobs.read(stat.key, start, end)

    async def _is_there(self, image: Image, key: str) -> bool:
        return key in object_keys(image) and await self.blobs.find(key) is not None

    async def _find(self, image: Image | None, key: str) -> ObjectStat:
        if image is None or key not in object_keys(image):
            raise _no_object()
        stat = await self.blobs.find(key)
        if stat is None:
            raise _no_object()
        return stat


def _find_id(key: str) -> ImageId | None:
    try:
        return image_id_of_key(key)
    except NotFound:
        return None


def _no_object() -> NotFound:
    return NotFound("There is no such object.")
