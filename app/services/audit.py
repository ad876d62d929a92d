"""The audit log: written by the doors, whatever goes through them; read by admins."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.domain import policy
from app.domain.audit import (
    MAX_OBJECTS,
    AuditEntry,
    AuditFilter,
    Door,
    Outcome,
    new_audit_id,
)
from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError
from app.domain.page import Page, PageRequest
from app.domain.rate import Caller
from app.domain.viewer import Viewer
from app.ports.records import Records
from app.ports.work import Clock

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Account:
    """What is known so far of something that is being done."""

    outcome: Outcome = Outcome.SUCCEEDED
    error: ErrorCode | None = None
    things: dict[str, None] = field(default_factory=dict)

    def name(self, things: Iterable[str]) -> None:
        """Tell of ids of things; the first hundred are kept."""
        for thing in things:
            if len(self.things) >= MAX_OBJECTS:
                return
            self.things[thing] = None

    def refuse(self, error: ErrorCode) -> None:
        """Tell why nothing was done."""
        self.outcome, self.error = Outcome.REFUSED, error

    def fail(self) -> None:
        """Tell of a bug."""
        self.outcome, self.error = Outcome.FAILED, ErrorCode.INTERNAL


@dataclass(frozen=True, slots=True)
class AuditService:
    records: Records
    clock: Clock

    @asynccontextmanager
    async def record(
        self, door: Door, action: str, actor: Caller, request_id: str, things: Iterable[str] = ()
    ) -> AsyncGenerator[Account]:
        """Keep what is done in the block: that it is begun, before, and how it ended, after.

        Whoever is cancelled in it may have done it or not, so the outcome stays unknown then.

        Raises:
            Busy, InsufficientStorage: Nothing can be kept, so nothing may be done.
        """
        account = Account()
        account.name(things)
        entry = AuditEntry(new_audit_id(), self.clock(), door, action, actor, request_id, tuple(account.things))
        await self.records.audit.begin(entry)
        try:
            yield account
        except asyncio.CancelledError:
            raise
        except DomainError as error:
            account.refuse(error.code)
            await self._end(entry, account)
            raise
        except BaseException:
            if account.error is None:
                account.fail()
            await self._end(entry, account)
            raise
        await self._end(entry, account)

    async def list(self, viewer: Viewer, filters: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        """Return a page of the log, the newest first. Raises: Unauthenticated, Forbidden."""
        policy.require_admin(viewer)
        return await self.records.audit.list(filters, page)

    async def count(self, viewer: Viewer, filters: AuditFilter) -> int:
        """Raises: Unauthenticated, Forbidden."""
        policy.require_admin(viewer)
        return await self.records.audit.count(filters)

    async def _end(self, entry: AuditEntry, account: Account) -> None:
        """Keep how it ended. It is done, so a failure to say so undoes nothing."""
        try:
            await self.records.audit.end(entry.id, account.outcome, account.error, tuple(account.things))
        except DomainError as error:
            log.warning("audit entry not ended", extra={"entry_id": entry.id, "code": error.code})
