"""The records of what is owed to the world outside."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.job import ItemError
from app.domain.outbox import EntryId, OutboxClaim, OutboxEntry


class OutboxRecords(Protocol):
    """Entries that wait, are leased, or are dead. What causes an entry writes it in the same call, atomically.

    A lease that runs out needs no sweeper: its entry is due again then, with the attempt counted.
    """

    async def add(self, entries: Sequence[OutboxEntry]) -> None:
        """Keep entries that have no other record for a cause; those whose id is there already are left as they are."""
        ...

    async def find(self, entry_id: EntryId) -> OutboxEntry | None: ...

    async def claim(
        self, now: datetime, lease_s: float, kinds: Collection[str], busy: Collection[str] = ()
    ) -> OutboxClaim | None:
        """Lease the entry of these kinds that is due for the longest time to one caller, with one more attempt.

        Args:
            now: What is due until then is looked at.
            lease_s: How long nobody else gets it.
            kinds: The caller's.
            busy: Lanes that are passed over.
        """
        ...

    async def renew(self, claim: OutboxClaim, now: datetime, lease_s: float) -> None:
        """Raises: LeaseLost."""
        ...

    async def settle(self, claim: OutboxClaim) -> None:
        """Forget an entry that was delivered. Raises: LeaseLost."""
        ...

    async def put_back(self, claim: OutboxClaim, due: datetime, error: ItemError | None) -> None:
        """Let the entry wait until it is due: with an error as another attempt; without one, as if it had never been
        claimed. Raises: LeaseLost."""
        ...

    async def bury(self, claim: OutboxClaim, error: ItemError, at: datetime) -> None:
        """Keep the entry as dead. Raises: LeaseLost."""
        ...

    async def delete_dead(self, before: datetime) -> int:
        """Forget the entries that died before; return how many."""
        ...

    async def waiting(self) -> int:
        """Return how many entries are neither delivered nor dead."""
        ...
