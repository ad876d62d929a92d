"""Keyset pages: rows of a list between two cursors, which stay right while rows come and go."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.domain.page import Cursor, Page, PageRequest
from app.records.cursors import check_cursors
from app.records.mongo.tables import Query, Row, Table

R = TypeVar("R", bound=Row)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """An ordered list: which rows, and the field and the id that order them.

    Attributes:
        base: What is added to the value, a number, in cursors, for a list that is a part of a longer one.
    """

    query: Query
    value: str
    value_type: type[int] | type[str]
    descending: bool
    row_id: str = "_id"
    base: int = 0

    def beyond(self, cursor: Cursor, operator: str) -> dict[str, Any]:
        """Return the query for rows on one side of a cursor, `lt` nearer to the start of the list, or `gte`, `lte`.

        The first part bounds what is read of an index; the second one tells rows of the same value apart.
        """
        if self.descending:
            operator = {"l": "g", "g": "l"}[operator[0]] + operator[1:]
        strict = operator[:2]
        value = cursor.value - self.base if isinstance(cursor.value, int) else cursor.value
        side = {"$or": [{self.value: {f"${strict}": value}}, {self.row_id: {f"${operator}": cursor.id}}]}
        return {self.value: {f"${strict}e": value}, **side}

    def sort(self, *, backwards: bool) -> list[tuple[str, int]]:
        direction = -1 if self.descending != backwards else 1
        return list({self.value: direction, self.row_id: direction}.items())

    def cursor_of(self, row: Row) -> Cursor:
        value = getattr(row, self.value)
        return Cursor(value + self.base if self.base else value, getattr(row, self.row_id.lstrip("_")))


async def fetch_page(
    table: Table[R], listing: Listing, page: PageRequest, make: Callable[[Sequence[R]], Awaitable[Sequence[T]]]
) -> Page[T]:
    """Return a page of a list. Raises: InvalidInput, when a cursor is of another list."""
    return await fetch_joined_page(table, (listing,), page, make)


async def fetch_joined_page(
    table: Table[R],
    parts: Sequence[Listing],
    page: PageRequest,
    make: Callable[[Sequence[R]], Awaitable[Sequence[T]]],
) -> Page[T]:
    """Return a page of lists that follow one another, whose bases keep the order of their values.

    Raises:
        InvalidInput: A cursor is of another list.
    """
    check_cursors(page, parts[0].value_type)
    found = await _fetch_rows(table, parts, page)
    has_more = len(found) > page.size
    found = found[: page.size]
    if page.backwards:
        found.reverse()
    return Page(
        items=tuple(await make([row for row, _ in found])),
        cursors=tuple(cursor for _, cursor in found),
        has_next=(has_more and not page.backwards) or await _exists(table, parts, page.before, "gte"),
        has_previous=(has_more and page.backwards) or await _exists(table, parts, page.after, "lte"),
    )


async def _fetch_rows(table: Table[R], parts: Sequence[Listing], page: PageRequest) -> list[tuple[R, Cursor]]:
    """Return one row more than asked for when there is one, those at the asked end of the list first."""
    found: list[tuple[R, Cursor]] = []
    skipped = page.skip if len(parts) == 1 else 0
    wanted = page.size + 1 + page.skip - skipped
    for part in reversed(parts) if page.backwards else parts:
        if len(found) < wanted:
            sort = part.sort(backwards=page.backwards)
            rows = await table.find(_window(part, page), sort=sort, skip=skipped, limit=wanted - len(found))
            found += [(row, part.cursor_of(row)) for row in rows]
    return found[page.skip - skipped :]


def _window(listing: Listing, page: PageRequest) -> Query:
    parts = [listing.query]
    if page.after is not None:
        parts.append(listing.beyond(page.after, "gt"))
    if page.before is not None:
        parts.append(listing.beyond(page.before, "lt"))
    return {"$and": parts} if len(parts) > 1 else listing.query


async def _exists(table: Table[R], parts: Sequence[Listing], cursor: Cursor | None, operator: str) -> bool:
    """Tell whether rows lie beyond a bound of the page; without a bound there is nothing beyond."""
    if cursor is None:
        return False
    for part in parts:
        if await table.exists({"$and": [part.query, part.beyond(cursor, operator)]}):
            return True
    return False
