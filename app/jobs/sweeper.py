"""The sweeper: finds items whose worker is gone and rings for them again."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.job import JobItem
from app.jobs.runner import LEASE_S
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
        expired = await self._expire(self.clock())
        if expired or await self._is_overdue():
            await self.bell.ring(WORK_TOPIC)

    async def recover(self) -> None:
        """Do so at once with every lease: whoever held one is dead."""
        # A lease ends at most so long after now; the other half is for a clock that was put back.
        await self._expire(self.clock() + 2 * timedelta(seconds=LEASE_S))

    async def _expire(self, until: datetime) -> tuple[JobItem, ...]:
        expired = await self.records.jobs.expire_leases(self.clock(), until)
        self.meter.count_expiries(len(expired))
        for item in expired:
            log.warning("lease expired", extra={"job_id": item.job_id, "position": item.position})
        for job_id in {item.job_id for item in expired}:
            await self.bell.ring(job_id)
        return expired

    async def _is_overdue(self) -> bool:
        due = await self.records.jobs.oldest_due()
        return due is not None and due < self.clock() - OVERDUE_AFTER
