"""The audit log: who did what to which things, when, by which door, and how it ended."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from app.domain.error_code import ErrorCode
from app.domain.rate import Caller

EntryId = NewType("EntryId", str)
"""32 lower-case hex digits."""

MAX_OBJECTS = 100
"""Of one entry: as many as one request may name."""

_THING = re.compile(
    r"[0-9a-f]{32}|(?:job|webhook|share|user):[0-9a-f]{32}|user:admin|key:[0-9a-f]{12}|flow:\w[\w .-]{0,63}"
)
"""The ids of things. No secret looks like one."""


class Door(StrEnum):
    """By what something was asked for: GraphQL, an older route, a page that signs in, or the command line."""

    GRAPHQL = "GRAPHQL"
    REST = "REST"
    SESSION = "SESSION"
    COMMAND = "COMMAND"


class Outcome(StrEnum):
    """How something ended. UNKNOWN while it is under way, and for good when the server died over it."""

    UNKNOWN = "UNKNOWN"
    SUCCEEDED = "SUCCEEDED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did, or tried. It holds ids and names of kinds, and nothing that people wrote.

    Attributes:
        action: The mutation, or else the path of the older route.
        object_ids: The things that were named or made, in the order in which they came up.
        error: Why it was refused or failed.
    """

    id: EntryId
    at: datetime
    door: Door
    action: str
    actor: Caller
    request_id: str
    object_ids: tuple[str, ...] = ()
    outcome: Outcome = Outcome.UNKNOWN
    error: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """All given parts must hold; `since` belongs to it, `until` does not."""

    actor_id: str | None = None
    key_id: str | None = None
    address: str | None = None
    actions: tuple[str, ...] = ()
    doors: tuple[Door, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    object_id: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def new_audit_id() -> EntryId:
    return EntryId(secrets.token_hex(16))


def things_in(value: object) -> Iterator[str]:
    """Yield the ids of things that a value holds, as deep as lists and mappings go."""
    if isinstance(value, str):
        if _THING.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from things_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from things_in(part)
