"""Keyset pages: rows of a list between two cursors, which stay right while rows come and go."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.domain.errors import InvalidInput
from app.domain.page import Cursor, Page, PageRequest
from app.records.sqlite.connection import Database, Value

T = TypeVar("T")

_MAX_INTEGER = 2**63 - 1


@dataclass(slots=True)
class Conditions:
    """Clauses that must all hold, with their parameters."""

    clauses: list[str] = field(default_factory=list)
    parameters: list[Value] = field(default_factory=list)

    def add(self, clause: str, *parameters: Value) -> None:
        self.clauses.append(clause)
        self.parameters.extend(parameters)

    def add_any(self, column: str, values: tuple[str, ...]) -> None:
        """Let pass rows with one of the values."""
        self.add(f"{column} IN ({', '.join('?' * len(values))})", *values)

    @property
    def sql(self) -> str:
        return " AND ".join(self.clauses) or "TRUE"

    def with_(self, clause: str, *parameters: Value) -> "Conditions":
        return Conditions([*self.clauses, clause], [*self.parameters, *parameters])


@dataclass(frozen=True, slots=True)
class Listing:
    """An ordered list: what comes after FROM, which rows, and the column and the id that order them."""

    source: str
    where: Conditions
    value: str
    row_id: str
    value_type: type[int] | type[str]
    descending: bool

    def beyond(self, cursor: Cursor, operator: str) -> Conditions:
        """Return the conditions for rows on one side of a cursor; `<` is nearer to the start of the list."""
        if self.descending:
            operator = operator.translate(str.maketrans("<>", "><"))
        return self.where.with_(f"({self.value}, {self.row_id}) {operator} (?, ?)", cursor.value, cursor.id)


async def count_rows(database: Database, listing: Listing) -> int:
    sql = f"SELECT count(*) AS rows FROM {listing.source} WHERE {listing.where.sql}"  # noqa: S608 - own text only
    [row] = await database.read(sql, listing.where.parameters)
    return int(row["rows"])


async def fetch_page(
    database: Database, columns: str, listing: Listing, page: PageRequest, make: Callable[[sqlite3.Row], T]
) -> Page[T]:
    """Return a page of a list.

    Raises:
        InvalidInput: A cursor is of another list.
    """
    _check_cursor(page.after, listing, "after")
    _check_cursor(page.before, listing, "before")
    rows = await _fetch_rows(database, columns, listing, page)
    has_more = len(rows) > page.size
    rows = rows[: page.size]
    if page.backwards:
        rows.reverse()
    return Page(
        items=tuple(make(row) for row in rows),
        cursors=tuple(Cursor(row["cursor_value"], row["cursor_id"]) for row in rows),
        has_next=(has_more and not page.backwards) or await _exists(database, listing, page.before, ">="),
        has_previous=(has_more and page.backwards) or await _exists(database, listing, page.after, "<="),
    )


async def _fetch_rows(database: Database, columns: str, listing: Listing, page: PageRequest) -> list[sqlite3.Row]:
    """Return one row more than asked for when there is one, those at the asked end of the list first."""
    window = listing
    if page.after is not None:
        window = replace(window, where=window.beyond(page.after, ">"))
    if page.before is not None:
        window = replace(window, where=window.beyond(page.before, "<"))
    direction = "DESC" if listing.descending != page.backwards else "ASC"
    sql = (
        f"SELECT {columns}, {listing.value} AS cursor_value, {listing.row_id} AS cursor_id "  # noqa: S608 - own text only
        f"FROM {listing.source} WHERE {window.where.sql} "
        f"ORDER BY {listing.value} {direction}, {listing.row_id} {direction} LIMIT ? OFFSET ?"
    )
    return await database.read(sql, [*window.where.parameters, page.size + 1, page.skip])


async def _exists(database: Database, listing: Listing, cursor: Cursor | None, operator: str) -> bool:
    """Tell whether rows lie beyond a bound of the page; without a bound there is nothing beyond."""
    if cursor is None:
        return False
    where = listing.beyond(cursor, operator)
    sql = f"SELECT 1 FROM {listing.source} WHERE {where.sql} LIMIT 1"  # noqa: S608 - own text only
    return bool(await database.read(sql, where.parameters))


def _check_cursor(cursor: Cursor | None, listing: Listing, name: str) -> None:
    if cursor is not None and not (_fits(cursor.id, str) and _fits(cursor.value, listing.value_type)):
        raise InvalidInput("The cursor is of another list.", field=(name,))


def _fits(value: str | int, value_type: type[int] | type[str]) -> bool:
    """Tell whether the value can be compared with the column: of its type, and such as SQLite can keep."""
    if isinstance(value, int):
        return value_type is int and -_MAX_INTEGER <= value <= _MAX_INTEGER
    return value_type is str and _is_unicode(value)


def _is_unicode(text: str) -> bool:
    """Tell whether the text is free of lone surrogates, which JSON can smuggle in."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
