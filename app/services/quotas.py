"""Quotas: what a user has, and may have."""

from dataclasses import dataclass

from app.domain import policy
from app.domain.quota import Quota, Usage
from app.domain.viewer import Viewer
from app.ports.records import Records
from app.ports.work import Clock


@dataclass(frozen=True, slots=True)
class QuotaService:
    """`quota` is every user's."""

    records: Records
    clock: Clock
    quota: Quota

    async def usage(self, viewer: Viewer) -> Usage:
        """Return what the viewer has, and has announced. Raises: Unauthenticated."""
        user = policy.require_user(viewer)
        return await self.records.uploads.usage(user.id, self.clock())
