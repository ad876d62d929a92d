"""The outbox: what is owed to the world outside, kept with its cause until it is delivered."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from app.domain.job import ItemError

EntryId = NewType("EntryId", str)
"""32 lower-case hex digits."""


def new_entry_id() -> EntryId:
    return EntryId(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One delivery that is owed. The same one may be made more than once, after a crash, so its receiver can tell.

    Attributes:
        kind: Whose delivery it is: the name under which a handler is registered.
        payload: What the handler needs to know: ids, or a JSON text that must not change between attempts.
        lane: Whoever shares the same receiver; one that is slow or gone holds up no other lane.
        due_at: When it may be tried (again).
        attempts: How often it was begun.
        error: Why the last attempt failed.
        is_dead: It was given up, and is kept to be looked at.
    """

    kind: str
    payload: str
    due_at: datetime
    lane: str = ""
    id: EntryId = field(default_factory=new_entry_id)
    attempts: int = 0
    error: ItemError | None = None
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class OutboxClaim:
    """A leased entry. `token` fences: it is another one at each claim, so an older claim can write nothing."""

    entry: OutboxEntry
    token: int
