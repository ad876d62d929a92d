"""Rates: how much somebody may ask for in a minute, by class of operation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

WINDOW_S = 60
"""Minutes begin with those of the clock, the same for all processes."""

USER_SHARE = 2
"""A user may ask for as many times what one of the keys may, so one runaway script leaves room for the rest."""

COST_PER_POINT = 1_000
"""A query takes a point for each thousand of its cost that it begins: at most five with the default limit of cost."""


class OperationClass(StrEnum):
    """What requests are counted as: looking, changing, uploading, and what starts long work or reaches others."""

    READ = "READ"
    WRITE = "WRITE"
    UPLOAD = "UPLOAD"
    EXPENSIVE = "EXPENSIVE"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request is counted for: a key and its user, or, signed out, an address."""

    user_id: str | None
    key_id: str | None
    address: str


NOBODY = Caller(None, None, "")


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a caller stands after a request: points of this minute, of which the request took `cost`."""

    limit: int
    remaining: int
    reset_at: datetime
    cost: int
