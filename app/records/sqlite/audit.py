"""The audit log in SQLite. Its rows wait for no disk: the change that comes after them does, and takes them along."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.audit import AuditEntry, AuditFilter, Door, EntryId, Outcome
from app.domain.error_code import ErrorCode
from app.domain.page import Page, PageRequest
from app.domain.rate import Caller
from app.records.sqlite.connection import Database
from app.records.sqlite.pages import Conditions, Listing, count_rows, fetch_page
from app.records.sqlite.rows import from_json, from_micros, to_json, to_micros

BATCH = 2_000
"""Rows that are forgotten in one transaction: others want to write, too."""

_INSERT = """
INSERT INTO audit_entries (id, at, door, action, actor_id, key_id, address, request_id, object_ids, outcome, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_END = "UPDATE audit_entries SET outcome = ?, error = ?, object_ids = ? WHERE id = ?"

_DELETE = """
DELETE FROM audit_entries WHERE id IN (SELECT id FROM audit_entries WHERE at < ? ORDER BY at LIMIT ?) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class SqliteAudit:
    database: Database

    async def begin(self, entry: AuditEntry) -> None:
        await self.database.write_unsynced(_INSERT, _values_of(entry))

    async def end(
        self, entry_id: EntryId, outcome: Outcome, error: ErrorCode | None, object_ids: Sequence[str]
    ) -> None:
        await self.database.write_unsynced(_END, (outcome, error, to_json(object_ids), entry_id))

    async def list(self, filters: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        return await fetch_page(self.database, "audit_entries.*", _listing(filters), page, _entry_of)

    async def count(self, filters: AuditFilter) -> int:
        return await count_rows(self.database, _listing(filters))

    async def delete_before(self, at: datetime) -> int:
        deleted = 0
        while True:
            async with self.database.transaction() as transaction:
                rows = await transaction.fetch(_DELETE, (to_micros(at), BATCH))
            deleted += len(rows)
            if len(rows) < BATCH:
                return deleted


def _listing(filters: AuditFilter) -> Listing:
    where = Conditions()
    exact = {
        "actor_id": filters.actor_id,
        "key_id": filters.key_id,
        "address": filters.address,
        "request_id": filters.request_id,
    }
    for column, value in exact.items():
        if value is not None:
            where.add(f"{column} = ?", value)
    for column, values in (("action", filters.actions), ("door", filters.doors), ("outcome", filters.outcomes)):
        if values:
            where.add_any(column, values)
    if filters.object_id is not None:
        where.add("id IN (SELECT entry_id FROM audit_objects WHERE object_id = ?)", filters.object_id)
    if filters.since is not None:
        where.add("at >= ?", to_micros(filters.since))
    if filters.until is not None:
        where.add("at < ?", to_micros(filters.until))
    return Listing("audit_entries", where, value="at", row_id="id", value_type=int, descending=True)


def _values_of(entry: AuditEntry) -> tuple[str | int | None, ...]:
    actor = entry.actor
    who = (actor.user_id, actor.key_id, actor.address, entry.request_id)
    what = (to_json(entry.object_ids), entry.outcome, entry.error)
    return entry.id, to_micros(entry.at), entry.door, entry.action, *who, *what


def _entry_of(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry(
        id=EntryId(row["id"]),
        at=from_micros(row["at"]),
        door=Door(row["door"]),
        action=row["action"],
        actor=Caller(row["actor_id"], row["key_id"], row["address"]),
        request_id=row["request_id"],
        object_ids=from_json(row["object_ids"]),
        outcome=Outcome(row["outcome"]),
        error=ErrorCode(row["error"]) if row["error"] else None,
    )
