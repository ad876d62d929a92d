"""The records of the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.domain.audit import AuditEntry, AuditFilter, EntryId, Outcome
from app.domain.error_code import ErrorCode
from app.domain.page import Page, PageRequest


class AuditRecords(Protocol):
    """What somebody does is begun here before it is done: no change survives a power cut without its entry.

    An entry alone may be lost by one, when nothing was changed after it.
    """

    async def begin(self, entry: AuditEntry) -> None:
        """Keep an entry whose outcome is not known."""
        ...

    async def end(
        self, entry_id: EntryId, outcome: Outcome, error: ErrorCode | None, object_ids: Sequence[str]
    ) -> None:
        """Keep how it ended, and all things that it was about; nothing when there is no such entry."""
        ...

    async def list(self, filters: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        """Return a page, the newest first."""
        ...

    async def count(self, filters: AuditFilter) -> int: ...

    async def delete_before(self, at: datetime) -> int:
        """Forget the entries from before then; return how many."""
        ...
