"""How the records of a whole installation go from one database to another.

They travel as plain values: text, numbers, lists and objects of them, named alike by all databases, so that nothing is
lost of what services never ask for: claims, logs, counts, what is owed.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Record = Mapping[str, Any]

TABLES = (
    "users",
    "api_keys",
    "flows",
    "flow_events",
    "images",
    "color_reports",
    "usage",
    "tag_counts",
    "uploads",
    "upload_metrics",
    "jobs",
    "job_items",
    "job_events",
    "served_turns",
    "outbox",
    "webhooks",
    "webhook_deliveries",
    "idempotent_requests",
    "shares",
    "audit_entries",
    "stores",
    "scrubs",
)
"""What there is, in the order in which it is copied: what others refer to comes first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, and its place in the order in which its database reads the table."""

    key: str
    record: Record


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """How far a copy has come: this table up to this key, and all tables before."""

    table: str
    key: str


class RecordSource(Protocol):
    """A database that is read whole. Nobody else works with it meanwhile."""

    async def settle(self) -> None:
        """Finish what others have begun, so that all counts are right."""
        ...

    async def estimate(self, table: str) -> int:
        """Return about how many records a table has."""
        ...

    def read(self, table: str, after: str | None = None) -> AsyncGenerator[Entry]:
        """Yield the records of a table after a key, in an order that stays the same."""
        ...


class RecordTarget(RecordSource, Protocol):
    """A database that a copy fills. Until it is finished, no server can open it."""

    async def begin(self, origin: str) -> CopyPlace | None:
        """Begin a copy, or go on with one; return how far it has come.

        Raises:
            Conflict: There are records of another origin.
        """
        ...

    async def write(self, table: str, entries: Sequence[Entry], before: CopyPlace | None) -> CopyPlace:
        """Keep what comes next, and how far the copy has come then, which is returned.

        Raises:
            Conflict: The copy is not where it was before: somebody else goes on with it.
        """
        ...

    async def finish(self) -> None:
        """Let servers open it."""
        ...

    async def clear(self) -> None:
        """Take away all that was copied, and that it was begun."""
        ...
