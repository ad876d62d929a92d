"""The sweeper: finds items whose worker is gone and rings for them again."""

import logging
from dataclasses import dataclass

from app.ports.meter import Meter
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeper:
    records: Records
    bell: Bell
    clock: Clock
    meter: Meter

    async def sweep(self) -> None:
        """Queue items whose lease ran out, fail those that had their last attempt, and wake all who wait for them."""
        expired = await self.records.jobs.expire_leases(self.clock())
        self.meter.count_expiries(len(expired))
        for item in expired:
            log.warning("lease expired", extra={"job_id": item.job_id, "position": item.position})
        if expired:
            await self.bell.ring(WORK_TOPIC)
        for job_id in {item.job_id for item in expired}:
            await self.bell.ring(job_id)
