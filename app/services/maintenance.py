"""Maintenance: what abandoned uploads and crashes left behind."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import NotFound, StorageUnavailable
from app.domain.idempotency import ANSWER_LIFETIME
from app.domain.image import Image, ImageId
from app.domain.objects import EDITED_PREFIX, image_id_of_key, object_keys
from app.domain.share import KEPT_AFTER_END
from app.domain.upload import staging_key
from app.ports.objects import BlobStore, ObjectStat
from app.ports.records import Records
from app.ports.work import Clock

EXPIRED_UPLOADS_AFTER = timedelta(hours=1)
STAGING_AFTER = timedelta(hours=24)
TEMPORARY_AFTER = timedelta(hours=1)
ORPHANS_AFTER = timedelta(hours=24)
DEAD_AFTER = timedelta(days=30)
VARIANTS_AFTER = timedelta(days=30)
"""Since a variant was last read, where the store knows; else since it was made. Who asks for it again has it made."""

_VARIANTS = "variants/"
_LIFETIMES = {"staging/": STAGING_AFTER, _VARIANTS: VARIANTS_AFTER}
_BATCH = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MaintenanceService:
    """Attributes:
    blobs: All stores as one.
    stores: Each by itself; only `blobs` when there are none.
    audit_lifetime: How long the audit log is kept; None for ever.
    """

    records: Records
    blobs: BlobStore
    clock: Clock
    stores: tuple[BlobStore, ...] = ()
    audit_lifetime: timedelta | None = None

    async def sweep(self) -> int:
        """Remove tickets that nobody completed, what could not be delivered long ago, shares that ended long ago,
        broken writes, old variants, and old objects without a record.

        Returns how many.
        """
        now = self.clock()
        await self.records.idempotency.delete_before(now - ANSWER_LIFETIME)
        expired = await self.records.uploads.delete_expired(now - EXPIRED_UPLOADS_AFTER)
        for image_id in expired:
            await self.blobs.delete(staging_key(image_id))
        dead = await self.records.outbox.delete_dead(now - DEAD_AFTER)
        ended = await self.records.shares.delete_expired(now - KEPT_AFTER_END)
        if self.audit_lifetime is not None:
            await self.records.audit.delete_before(now - self.audit_lifetime)
        removed = len(expired) + dead + ended + await self.blobs.sweep(now - TEMPORARY_AFTER)
        for store in self.stores or (self.blobs,):
            try:
                removed += await self._sweep_objects(store, now)
            except StorageUnavailable:
                log.warning("store not swept")  # the next round looks again
        return removed

    async def _sweep_objects(self, store: BlobStore, now: datetime) -> int:
        removed = 0
        batch: dict[str, ImageId] = {}
        async for stat in store.list():
            lifetime = next((time for prefix, time in _LIFETIMES.items() if stat.key.startswith(prefix)), None)
            if lifetime is not None and _last_needed(stat) < now - lifetime:
                await store.delete(stat.key)
                removed += 1
            elif stat.modified_at < now - ORPHANS_AFTER:
                try:
                    batch[stat.key] = image_id_of_key(stat.key)
                except NotFound:
                    continue
                if len(batch) >= _BATCH:
                    removed += await self._delete_orphans(store, batch)
                    batch.clear()
        return removed + await self._delete_orphans(store, batch)

    async def _delete_orphans(self, store: BlobStore, batch: dict[str, ImageId]) -> int:
        known = await self.records.images.find_many(list(set(batch.values())))
        orphans = [key for key, image_id in batch.items() if _is_orphan(key, known.get(image_id))]
        for key in orphans:
            await store.delete(key)
        return len(orphans)


def _is_orphan(key: str, image: Image | None) -> bool:
    """Tell whether an object is nobody's, or was made by an edit that is no longer shown."""
    return image is None or (key.startswith(EDITED_PREFIX) and key not in object_keys(image))


def _last_needed(stat: ObjectStat) -> datetime:
    is_variant = stat.key.startswith(_VARIANTS)
    return stat.used_at if is_variant and stat.used_at is not None else stat.modified_at
