"""The scrub: the check of all images, piece by piece, slowly and for ever."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from app.domain.image import Image, ImageId
from app.domain.replica import Scrub, expected_objects, repair_entry
from app.ports.records import Records
from app.ports.work import Clock
from app.services.storage_check import StorageCheckService

STEP_S = 30.0
IMAGES_A_TIME = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScrubService:
    """Attributes:
    bytes_per_s: What it reads at most, over some time, in all stores together.
    every: How long a look through all images takes at least.
    """

    records: Records
    check: StorageCheckService
    clock: Clock
    bytes_per_s: int
    every: timedelta

    async def step(self) -> None:
        """Look at as many images as `STEP_S` seconds allow, and owe the stores what they lack.

        Where it is is a record: the next process goes on behind it.

        Raises:
            StorageUnavailable: Nothing is lost; the next step begins where this one ended.
        """
        scrub = await self._find_place()
        left = self.bytes_per_s * STEP_S
        while scrub.after is not None and left > 0:
            images = await self.records.images.scan(scrub.after or None, IMAGES_A_TIME)
            for image in images:
                await self._look(image)
                left -= len(self.check.stores) * sum(each.byte_size or 0 for each in expected_objects(image))
            scrub = Scrub(scrub.begun_at, images[-1].id if images else None)
            await self.records.replicas.put_scrub(scrub)

    async def _find_place(self) -> Scrub:
        """Return where to go on; at the start again when the last look began long ago, and nowhere before."""
        scrub = await self.records.replicas.scrub()
        if scrub is None or (scrub.after is None and self.clock() >= scrub.begun_at + self.every):
            return Scrub(self.clock(), ImageId(""))
        return scrub

    async def _look(self, image: Image) -> None:
        findings = await self.check.inspect(image)
        for finding in findings:
            context = {"key": finding.key, "store": finding.backend, "reason": finding.detail}
            log.error("object faulty", extra=context)
        if findings and len(self.check.stores) > 1:
            faulty = dict.fromkeys(finding.backend for finding in findings)
            await self.records.outbox.add([repair_entry(image.id, backend, self.clock()) for backend in faulty])
