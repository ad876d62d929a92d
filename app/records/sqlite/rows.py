"""Values as columns keep them: times as microseconds, lists as JSON."""

import sqlite3
from collections.abc import Iterable

import orjson

from app.domain.error_code import ErrorCode
from app.domain.job import ItemError
from app.domain.origin import Origin
from app.records.micros import from_micros, from_optional_micros, to_micros, to_optional_micros

__all__ = [
    "error_of",
    "from_json",
    "from_micros",
    "from_optional_micros",
    "origin_of",
    "origin_values",
    "to_json",
    "to_micros",
    "to_optional_micros",
]


def to_json(texts: Iterable[str]) -> str:
    """Return a JSON array; as a parameter it is read by `json_each`, so one statement takes any number of ids."""
    return orjson.dumps(list(texts)).decode()


def from_json(array: str) -> tuple[str, ...]:
    return tuple(orjson.loads(array))


def error_of(row: sqlite3.Row) -> ItemError | None:
    if row["error_code"] is None:
        return None
    return ItemError(ErrorCode(row["error_code"]), row["error_message"])


def origin_values(origin: Origin | None) -> tuple[str | None, str | None]:
    """Return the columns `origin_url` and `origin_page_url`."""
    return (origin.url, origin.page_url) if origin else (None, None)


def origin_of(row: sqlite3.Row) -> Origin | None:
    return None if row["origin_url"] is None else Origin(row["origin_url"], row["origin_page_url"])
