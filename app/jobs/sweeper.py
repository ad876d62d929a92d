"""The sweeper: finds items whose worker is gone and rings for them again."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from app.ports.meter import Meter
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock

OVERDUE_AFTER = timedelta(seconds=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeper:
    records: Records
    bell: Bell
    clock: Clock
    meter: Meter

    async def sweep(self) -> None:
        """Queue items whose lease ran out, fail those that had their last attempt, and wake all who wait for them.

        Rings also for what has been due for a while: its first ring may have been lost.
        """
        expired = await self.records.jobs.expire_leases(self.clock())
        self.meter.count_expiries(len(expired))
        for item in expired:
            log.warning("lease expired", extra={"job_id": item.job_id, "position": item.position})
        if expired or await self._is_overdue():
            await self.bell.ring(WORK_TOPIC)
        for job_id in {item.job_id for item in expired}:
            await self.bell.ring(job_id)

    async def _is_overdue(self) -> bool:
        due = await self.records.jobs.oldest_due()
        return due is not None and due < self.clock() - OVERDUE_AFTER
