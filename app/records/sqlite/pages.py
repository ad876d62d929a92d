"""Keyset pages: rows of a list between two cursors, which stay right while rows come and go."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import orjson

from app.domain.page import Cursor, Page, PageRequest
from app.records.cursors import check_cursors
from app.records.sqlite.connection import Database, Value

T = TypeVar("T")


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
    """An ordered list: what comes after FROM, which rows, and the column and the id that order them.

    Attributes:
        parameters: Those of `source`.
        is_unique: No two rows have the same value, so the id decides nothing.
        base: What is added to the value, a number, in cursors, for a list that is a part of a longer one.
    """

    source: str
    where: Conditions
    value: str
    row_id: str
    value_type: type[int] | type[str]
    descending: bool
    parameters: tuple[Value, ...] = ()
    is_unique: bool = False
    base: int = 0

    @property
    def all_parameters(self) -> list[Value]:
        return [*self.parameters, *self.where.parameters]

    def beyond(self, cursor: Cursor, operator: str) -> "Listing":
        """Return the rows on one side of a cursor; `<` is nearer to the start of the list."""
        if self.descending:
            operator = operator.translate(str.maketrans("<>", "><"))
        value = cursor.value - self.base if isinstance(cursor.value, int) else cursor.value
        if self.is_unique:
            return replace(self, where=self.where.with_(f"{self.value} {operator} ?", value))
        row = f"({self.value}, {self.row_id})"
        return replace(self, where=self.where.with_(f"{row} {operator} (?, ?)", value, cursor.id))


async def count_rows(database: Database, listing: Listing) -> int:
    sql = f"SELECT count(*) AS rows FROM {listing.source} WHERE {listing.where.sql}"  # noqa: S608 - own text only
    [row] = await database.read(sql, listing.all_parameters)
    return int(row["rows"])


async def fetch_page(
    database: Database, columns: str, listing: Listing, page: PageRequest, make: Callable[[sqlite3.Row], T]
) -> Page[T]:
    """Return a page of a list. Raises: InvalidInput, when a cursor is of another list."""
    return await fetch_joined_page(database, columns, (listing,), page, make)


async def fetch_joined_page(
    database: Database,
    columns: str,
    parts: Sequence[Listing],
    page: PageRequest,
    make: Callable[[Any], T],
    *,
    packed: Sequence[str] = (),
) -> Page[T]:
    """Return a page of lists that follow one another, whose bases keep the order of their values.

    Args:
        packed: The names of the columns, whole numbers and texts all, where rows are read as one JSON text.

    Raises:
        InvalidInput: A cursor is of another list.
    """
    check_cursors(page, parts[0].value_type)
    rows = await _fetch_rows(partial(_read_packed, database, packed) if packed else database.read, columns, parts, page)
    has_more = len(rows) > page.size
    rows = rows[: page.size]
    if page.backwards:
        rows.reverse()
    return Page(
        items=tuple(make(row) for row in rows),
        cursors=tuple(Cursor(row[-2], row[-1]) for row in rows),
        has_next=(has_more and not page.backwards) or await _exists(database, parts, page.before, ">="),
        has_previous=(has_more and page.backwards) or await _exists(database, parts, page.after, "<="),
    )


async def _read_packed(
    database: Database, names: Sequence[str], sql: str, parameters: Sequence[Value]
) -> list[list[Any]]:
    """Return the rows of one query as lists, the cursor of each at its end.

    SQLite makes one text of all rows without a stop. Taken one by one, each row has the thread wait for its turn anew,
    behind the event loop: a page of 50 that way takes tenths of a second on a busy server.
    """
    columns = ", ".join(f"page.{name}" for name in (*names, "cursor_value", "cursor_id"))
    packed = f"SELECT json_group_array(json_array({columns})) FROM ({sql}) AS page"  # noqa: S608 - own text only
    [[text]] = await database.read(packed, parameters)
    rows: list[list[Any]] = orjson.loads(text)
    return rows


async def _fetch_rows(
    read: Callable[[str, Sequence[Value]], Awaitable[list[Any]]],
    columns: str,
    parts: Sequence[Listing],
    page: PageRequest,
) -> list[Any]:
    """Return one row more than asked for when there is one, those at the asked end of the list first."""
    rows: list[Any] = []
    skipped = page.skip if len(parts) == 1 else 0
    wanted = page.size + 1 + page.skip - skipped
    for part in reversed(parts) if page.backwards else parts:
        if len(rows) < wanted:
            sql, parameters = _select(columns, part, page)
            rows += await read(sql, [*parameters, wanted - len(rows), skipped])
    return rows[page.skip - skipped :]


def _select(columns: str, listing: Listing, page: PageRequest) -> tuple[str, list[Value]]:
    """Return the query for the rows of a window, and its parameters but for LIMIT and OFFSET."""
    window = listing
    if page.after is not None:
        window = window.beyond(page.after, ">")
    if page.before is not None:
        window = window.beyond(page.before, "<")
    direction = "DESC" if listing.descending != page.backwards else "ASC"
    tie = "" if listing.is_unique else f", {listing.row_id} {direction}"
    value = f"{listing.value} + {listing.base:d}" if listing.base else listing.value
    sql = (
        f"SELECT {columns}, {value} AS cursor_value, {listing.row_id} AS cursor_id "  # noqa: S608 - own text only
        f"FROM {listing.source} WHERE {window.where.sql} ORDER BY {listing.value} {direction}{tie} LIMIT ? OFFSET ?"
    )
    return sql, window.all_parameters


async def _exists(database: Database, parts: Sequence[Listing], cursor: Cursor | None, operator: str) -> bool:
    """Tell whether rows lie beyond a bound of the page; without a bound there is nothing beyond."""
    if cursor is None:
        return False
    for part in parts:
        beyond = part.beyond(cursor, operator)
        sql = f"SELECT 1 FROM {beyond.source} WHERE {beyond.where.sql} LIMIT 1"  # noqa: S608 - own text only
        if await database.read(sql, beyond.all_parameters):
            return True
    return False
