"""Admission: whether another job is taken, or its caller is to come back later."""

from dataclasses import dataclass

from app.domain.backlog import BacklogLimits
from app.domain.viewer import UserId
from app.ports.records import Records


@dataclass(frozen=True, slots=True)
class AdmissionService:
    """The last place lets in all who come at the same moment: the limits keep the queue short, not exact."""

    records: Records
    limits: BacklogLimits

    async def check(self, user_id: UserId) -> None:
        """Let a user's new job pass. Raises: QueueFull, RateLimited."""
        if self.limits != BacklogLimits():
            (await self.records.jobs.backlog(user_id)).check(self.limits)
