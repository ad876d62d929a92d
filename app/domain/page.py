"""Keyset pages: what is asked, what comes back, and the cursors between."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.domain.errors import InvalidInput

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

T = TypeVar("T")

_encode_json = json.JSONEncoder(separators=(",", ":")).encode
"""An encoder that is kept: a page has a cursor for each row, and to make an encoder takes as long as to use it."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an ordered list: the sort value of the row there, and its id, which breaks ties."""

    value: str | int
    id: str

    def encode(self) -> str:
        """Return the cursor as opaque, URL-safe text."""
        raw = _encode_json([self.value, self.id]).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A window of `size` rows: after `after` and before `before`, from the end when `backwards`.

    `skip` rows of it are passed over first, for clients that count pages.
    """

    size: int = DEFAULT_PAGE_SIZE
    after: Cursor | None = None
    before: Cursor | None = None
    backwards: bool = False
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in list order with a cursor each; `cursors[i]` belongs to `items[i]`."""

    items: tuple[T, ...]
    cursors: tuple[Cursor, ...]
    has_next: bool
    has_previous: bool


def decode_cursor(text: str, *, field: str) -> Cursor:
    """Return the cursor that `Cursor.encode` made.

    Raises:
        InvalidInput: The text is no cursor.
    """
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise InvalidInput("The cursor is not one that this server gave.", field=(field,)) from error
    if not isinstance(value, str | int) or not isinstance(row_id, str) or isinstance(value, bool):
        raise InvalidInput("The cursor is not one that this server gave.", field=(field,))
    return Cursor(value, row_id)


def page_request(
    first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
) -> PageRequest:
    """Return the page that Relay's four arguments ask for.

    Raises:
        InvalidInput: Both `first` and `last`, a size outside 1 to 100, or no cursor of ours.
    """
    if first is not None and last is not None:
        raise InvalidInput("Give `first` or `last`, not both.", field=("last",))
    size = first if first is not None else last if last is not None else DEFAULT_PAGE_SIZE
    if not 1 <= size <= MAX_PAGE_SIZE:
        name = "first" if last is None else "last"
        raise InvalidInput(f"`{name}` is {size}; 1 to {MAX_PAGE_SIZE} are allowed.", field=(name,))
    return PageRequest(
        size=size,
        after=None if after is None else decode_cursor(after, field="after"),
        before=None if before is None else decode_cursor(before, field="before"),
        backwards=last is not None,
    )


def slice_page(items: Sequence[T], cursor_of: Callable[[T], Cursor], request: PageRequest) -> Page[T]:
    """Return a window of a list that is held whole, in the order of its cursors."""
    rows = [(cursor_of(item), item) for item in items]
    low = 0 if request.after is None else sum(_key(cursor) <= _key(request.after) for cursor, _ in rows)
    high = len(rows) if request.before is None else sum(_key(cursor) < _key(request.before) for cursor, _ in rows)
    start, end = (max(low, high - request.size), high) if request.backwards else (low, min(high, low + request.size))
    window = rows[start:end]
    return Page(
        items=tuple(item for _, item in window),
        cursors=tuple(cursor for cursor, _ in window),
        has_next=end < len(rows),
        has_previous=start > 0,
    )


def _key(cursor: Cursor) -> tuple[str, str]:
    return str(cursor.value), cursor.id
