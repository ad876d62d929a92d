"""What a request says: its query, and its body, which is JSON whatever the Content-Type says."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import orjson
from starlette.requests import Request

from app.rest.errors import (
    INVALID_KEY_VALUE,
    INVALID_VALUE,
    MISSING_INPUT,
    MISSING_KEY,
    NO_INTEGER,
    NO_JSON,
    TOO_LONG,
    Refusal,
)

MAX_BODY_BYTES = 1024 * 1024
MAX_ITEMS = 100
MAX_LENGTH = 2_048
MAX_DEPTH = 32

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_MAX_INTEGER = 2**31 - 1


class BodyTooLarge(Refusal):
    """The body goes over the limit; what is left of it was not read."""


@dataclass(frozen=True, slots=True)
class Query:
    """The arguments of the query string. Raises: Refusal, for each that is missing or wrong."""

    request: Request

    def find(self, name: str) -> str | None:
        """Return an argument; None when it is not there, or empty."""
        value = self.request.query_params.get(name)
        if value is not None and len(value) > MAX_LENGTH:
            raise Refusal(TOO_LONG, f"{name} arg has more than {MAX_LENGTH} characters")
        return value or None

    def text(self, name: str) -> str:
        value = self.find(name)
        if value is None:
            raise Refusal(MISSING_INPUT, f"failed to get {name} arg from request query string")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """Return the trimmed parts between commas, without empty ones."""
        return tuple(part.strip() for part in (self.find(name) or "").split(",") if part.strip())

    def integer(self, name: str, default: int, *, least: int, most: int = _MAX_INTEGER) -> int:
        text = self.find(name)
        if text is None:
            return default
        if not _INTEGER.fullmatch(text) or abs(int(text)) > _MAX_INTEGER:
            raise Refusal(NO_INTEGER, f"failed to parse integer {name} arg from request query string")
        if not least <= int(text) <= most:
            raise Refusal(INVALID_VALUE, f"{name} arg must be {least} to {most}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Body:
    """The object that a body holds. Raises: Refusal, for each key that is missing or wrong."""

    values: dict[str, object]

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            raise _wrong(key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._get(key)
        if not isinstance(values, list):
            raise _wrong(key)
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) != len(values):
            raise _wrong(key)
        return texts

    def find_texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list; none, when it is not there."""
        return () if self.values.get(key) is None else self.texts(key)

    def objects(self, key: str) -> tuple["Body", ...]:
        """Return the objects of a list."""
        values = self._get(key)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise _wrong(key)
        return tuple(Body(value) for value in values)

    def number(self, key: str) -> float:
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(key)
        return float(value)

    def find_integer(self, key: str) -> int:
        """Return a whole number; 0, when it is not there."""
        value = self.values.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong(key)
        return value

    def find_object(self, key: str) -> dict[str, object] | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, dict):
            raise _wrong(key)
        return value

    def _get(self, key: str) -> object:
        if key not in self.values:
            raise Refusal(MISSING_KEY, f"key {key} is missing in the request body")
        return self.values[key]


async def read_body(request: Request, *, may_be_empty: bool = False, long: Collection[str] = ()) -> Body:
    """Return the body.

    Args:
        long: Keys whose texts are lists by themselves, and checked where they are split.

    Raises:
        BodyTooLarge, Refusal
    """
    raw = await read_bytes(request, MAX_BODY_BYTES)
    return Body({}) if may_be_empty and not raw.strip() else parse_body(raw, long=long)


def parse_body(raw: bytes, *, long: Collection[str] = ()) -> Body:
    """Return the object that a body is, as `read_body` does. Raises: Refusal."""
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _no_json() from error
    if not isinstance(values, dict):
        raise _no_json()
    _check_sizes({key: value for key, value in values.items() if key not in long or not isinstance(value, str)})
    return Body(values)


async def read_bytes(request: Request, max_bytes: int) -> bytes:
    """Return a body as it came. Raises: BodyTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge(INVALID_VALUE, f"request body has more than {max_bytes} bytes")
    return bytes(body)


def _check_sizes(body: dict[str, object]) -> None:
    """Refuse long strings and lists, and deep nesting, level by level."""
    level: list[object] = [body]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            below += _parts(value)
        if not below:
            return
        level = below
    raise Refusal(INVALID_VALUE, f"request body is nested deeper than {MAX_DEPTH} levels")


def _parts(value: object) -> list[object]:
    """Return what a value holds. Raises: Refusal, for a value that is too long."""
    if isinstance(value, str) and len(value) > MAX_LENGTH:
        raise Refusal(TOO_LONG, f"request body has a string of more than {MAX_LENGTH} characters")
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise Refusal(INVALID_VALUE, f"request body has a list of more than {MAX_ITEMS} items")
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _no_json() -> Refusal:
    return Refusal(NO_JSON, "failed to parse json byte list")


def _wrong(key: str) -> Refusal:
    return Refusal(INVALID_KEY_VALUE, f"key {key} has an invalid value in the request body")
