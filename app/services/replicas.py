"""Replicas: what the owner of an image learns of where it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from app.domain import policy
from app.domain.errors import StorageUnavailable
from app.domain.image import Image, ImageId
from app.domain.replica import Replica, ReplicaRole, ReplicaState
from app.domain.viewer import Viewer
from app.ports.objects import BlobStore, ObjectStat, ReadHeaders
from app.ports.records import Records


@dataclass(frozen=True, slots=True)
class ReplicaService:
    """Attributes:
    stores: By name, the primary first.
    gateway_url: Where everybody reads what has a content identifier; None where there is no such place.
    """

    records: Records
    stores: Mapping[str, BlobStore]
    gateway_url: str | None

    async def find_of_images(
        self, image_ids: Sequence[ImageId]
    ) -> Mapping[ImageId, tuple[tuple[ReplicaRole, Replica], ...]]:
        """Return what is known in each store, the primary first, of images whose replicas the caller may see.

        The primary acknowledged an image before its record was made, so it is there until somebody found otherwise;
        a replica of which nothing is known is still to be written.
        """
        known = await self.records.replicas.find_many(image_ids)
        return {image_id: self._tell(image_id, known.get(image_id, ())) for image_id in image_ids}

    async def find_address(self, viewer: Viewer, image: Image, replica: Replica) -> str | None:
        """Return where a store itself gives the original, for some minutes, or a gateway does for ever; None when
        there is no such place, or not for the viewer."""
        store = self.stores.get(replica.backend)
        if store is None or not policy.can_see_replicas(viewer, image):
            return None
        if replica.cid is not None:
            query = urlencode({"filename": image.original_key})
            return f"{self.gateway_url}/ipfs/{replica.cid}?{query}" if self.gateway_url else None
        disposition = f'inline; filename="{image.original_key}"'
        headers = ReadHeaders(image.format.mime_type, disposition, "private, max-age=240")
        stat = ObjectStat(image.original_key, image.byte_size, "", image.created_at)
        try:
            return await store.sign_get(stat, headers)
        except StorageUnavailable:
            return None

    def _tell(self, image_id: ImageId, known: Sequence[Replica]) -> tuple[tuple[ReplicaRole, Replica], ...]:
        by_store = {replica.backend: replica for replica in known}
        primary = next(iter(self.stores))
        told = []
        for backend in self.stores:
            role = ReplicaRole.PRIMARY if backend == primary else ReplicaRole.REPLICA
            state = ReplicaState.STORED if backend == primary else ReplicaState.PENDING
            told.append((role, by_store.get(backend, Replica(image_id, backend, state))))
        return tuple(told)
