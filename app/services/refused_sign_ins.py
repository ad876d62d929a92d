"""Refused sign-ins in the audit log: who tried, and not how often, so that nobody can fill the disk with it."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.audit import AuditEntry, Door, Outcome, new_audit_id
from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError
from app.domain.rate import Caller
from app.ports.records import Records
from app.ports.work import Clock

WINDOW = timedelta(hours=1)

MAX_ENTRIES = 100
"""In a window, of all addresses: in a year of attacks from everywhere about 200 MB."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RefusedSignIns:
    """Keeps the first refusal of each address in a window, of the first hundred addresses; the log tells of more."""

    records: Records
    clock: Clock
    _began_at: datetime | None = None
    _addresses: set[str] = field(default_factory=set)

    async def keep(self, door: Door, address: str, request_id: str) -> None:
        """Keep that a key or a token was refused, if it is news. It is refused as well when nothing can be kept."""
        now = self.clock()
        if self._began_at is None or now - self._began_at >= WINDOW:
            self._began_at = now
            self._addresses.clear()
        if address in self._addresses or len(self._addresses) > MAX_ENTRIES:
            return
        self._addresses.add(address)
        if len(self._addresses) > MAX_ENTRIES:
            log.warning("refused sign-ins are not kept for the rest of the hour", extra={"addresses": MAX_ENTRIES})
            return
        entry = AuditEntry(
            new_audit_id(),
            now,
            door,
            "signIn",
            Caller(None, None, address),
            request_id,
            outcome=Outcome.REFUSED,
            error=ErrorCode.UNAUTHENTICATED,
        )
        try:
            await self.records.audit.begin(entry)
        except DomainError as error:
            log.warning("refused sign-in not kept", extra={"code": error.code})
