"""Objects: who may read the bytes of an image."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import NotFound
from app.domain.image import Image, ImageId
from app.domain.objects import current_key, no_object, parse_key
from app.domain.viewer import Viewer
from app.ports.objects import AddressSigner, BlobStore, ObjectStat, ReadHeaders
from app.ports.records import Records


@dataclass(frozen=True, slots=True)
class OpenedObject:
    """An object, whether everybody may see it, and whether its address always leads to these bytes."""

    stat: ObjectStat
    is_public: bool
    is_lasting: bool = True


@dataclass(frozen=True, slots=True)
class MovedObject:
    """The path of what is shown now where an address shows what was shown before an edit."""

    path: str


@dataclass(frozen=True, slots=True)
class ObjectService:
    records: Records
    blobs: BlobStore
    signer: AddressSigner
    holds_back: bool = False

    async def open(
        self, viewer: Viewer, key: str, signature: str | None, *, follows: bool = False
    ) -> OpenedObject | MovedObject:
        """Return an object that the viewer may see, or whose address is signed, or where it is now.

        A signature is looked at before the image is, so that a wrong one tells nothing of what exists.

        Args:
            follows: Whether the address is one that shows whatever is shown now.

        Raises:
            NotFound: There is no such object, or none that the viewer may see.
            InvalidSignature, Expired: Only when the viewer may not see it without.
        """
        name = parse_key(key)
        image = await self.records.images.find(name.image_id)
        if image is None or not self._may_see(viewer, image, key):
            if signature is None:
                raise no_object()
            self.signer.check_object(key, signature)
        if image is None:
            raise no_object()
        current = current_key(image, key)
        if current != key and not follows:
            return MovedObject(self.signer.object_path(current, public=image.is_public))
        stat = await self.blobs.find(current)
        if stat is None:
            raise no_object()
        return OpenedObject(stat, image.is_public, is_lasting=not (follows and name.size))

    async def find_paths(self, viewer: Viewer, keys: Sequence[str]) -> tuple[str | None, ...]:
        """Return the path of each object as it is shown now, signed unless public; None where there is none that the
        viewer may see."""
        ids = {key: _find_id(key) for key in keys}
        images = await self.records.images.find_many([image_id for image_id in set(ids.values()) if image_id])
        paths: dict[str, str] = {}
        for key, image_id in ids.items():
            image = images.get(image_id) if image_id else None
            if image is None or not self._may_see(viewer, image, key):
                continue
            current = _find_current(image, key)
            if current is not None and await self.blobs.find(current) is not None:
                paths[key] = self.signer.object_path(current, public=image.is_public)
        return tuple(paths.get(key) for key in keys)

    def _may_see(self, viewer: Viewer, image: Image, key: str) -> bool:
        if not policy.can_see_image(viewer, image):
            return False
        return key != image.original_key or policy.can_see_original(viewer, image, holds_back=self.holds_back)

    async def sign_read(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:
        """Return where a client may read an opened object from its store itself; None when it is read from here."""
        return await self.blobs.sign_get(stat, headers)

    def read(self, stat: ObjectStat, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes of an opened object from `start` up to, without, `end`. Raises: NotFound."""
        return self.blobs.read(stat.key, start, end)


def _find_id(key: str) -> ImageId | None:
    try:
        return parse_key(key).image_id
    except NotFound:
        return None


def _find_current(image: Image, key: str) -> str | None:
    try:
        return current_key(image, key)
    except NotFound:
        return None
