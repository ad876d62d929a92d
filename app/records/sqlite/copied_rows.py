"""Rows as they go from one database to another, and back."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from app.domain.job import JobKind
from app.ports.record_copy import Record
from app.records.copied_fields import FIELDS
from app.records.sqlite.connection import Transaction, Value

KEYS: Mapping[str, tuple[str, ...]] = {
    "flows": ("name",),
    "flow_events": ("flow", "sequence"),
    "color_reports": ("image_id", "browser"),
    "usage": ("owner_id",),
    "tag_counts": ("owner_id", "tag"),
    "uploads": ("image_id",),
    "job_items": ("job_id", "position"),
    "job_events": ("job_id", "sequence"),
    "served_turns": ("priority",),
    "idempotent_requests": ("user_id", "key_sha256"),
    "stores": ("backend",),
}
"""The primary keys that are not `id`, by which tables are read in order."""

SELECTED: Mapping[str, str] = {
    "usage": "(SELECT * FROM usage WHERE images > 0)",
    "jobs": """(
        SELECT jobs.*, coalesce(newest.sequence, 0) AS last_event, coalesce(newest.at, 0) AS last_at
        FROM jobs LEFT JOIN job_events AS newest ON newest.job_id = jobs.id AND newest.sequence = (
          SELECT max(sequence) FROM job_events WHERE job_id = jobs.id))""",
    "job_items": "(SELECT job_items.*, jobs.kind FROM job_items CROSS JOIN jobs ON jobs.id = job_items.job_id)",
}
"""What is read instead of a whole table."""

COUNTED = ("usage", "tag_counts")
"""Tables that triggers keep as images are written."""

_JSON = frozenset(
    {
        *("scopes", "editor_ids", "viewer_ids", "admin_ids", "labelling", "palette", "flows", "tags"),
        *("events", "object_ids", "derived", "edited"),
    }
)
_TRUTHS = frozenset({"is_public", "is_exact", "is_primary"})

_NOT_WRITTEN: Mapping[str, tuple[str, ...]] = {
    "flows": ("image_count",),
    "jobs": ("last_event", "last_at"),
    "job_items": ("takes_in",),
}
"""What follows from other rows."""


def record_of(table: str, row: sqlite3.Row) -> dict[str, Any]:
    return {field: _field_of(field, row, row.keys()) for field in FIELDS[table]}


def row_of(table: str, record: Record) -> dict[str, Value]:
    """Return the columns of a record."""
    row: dict[str, Value] = {}
    for field in FIELDS[table]:
        if field not in _NOT_WRITTEN.get(table, ()):
            row |= _columns_of(table, field, record[field])
    if table == "flows":
        row["folded_name"] = record["name"].casefold()
    if table == "scrubs":
        row["id"] = 1
    return row


async def insert(transaction: Transaction, table: str, rows: Iterable[Mapping[str, Value]]) -> None:
    """Insert rows that have all the same columns."""
    rows = list(rows)
    if rows:
        columns, places = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - own names only
        await transaction.execute_many(sql, [tuple(row.values()) for row in rows])


def to_object(value: object) -> str | None:
    """Return a value as JSON text, as it is kept in a column; nothing for nothing."""
    return None if value is None else orjson.dumps(value).decode()


def of_object(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def _field_of(field: str, row: sqlite3.Row, columns: Sequence[str]) -> object:
    if field in columns:
        value = row[field]
        return of_object(value) if field in _JSON else bool(value) if field in _TRUTHS else value
    if field == "takes_in":
        return JobKind(row["kind"]).takes_in
    parts = {"error": ("code", "message"), "origin": ("url", "page_url")}[field]
    values = {part: row[f"{field}_{part}"] for part in parts}
    return None if values[parts[0]] is None else values


def _columns_of(table: str, field: str, value: Any) -> dict[str, Value]:
    if field in _JSON:
        return {field: to_object(value)}
    if field == "origin":
        return {"origin_url": value and value["url"], "origin_page_url": value and value["page_url"]}
    if field == "error" and table != "audit_entries":
        return {"error_code": value and value["code"], "error_message": value and value["message"]}
    return {field: value}
