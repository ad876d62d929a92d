"""The audit log in MongoDB: a document for each entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.audit import AuditEntry, AuditFilter, EntryId, Outcome
from app.domain.error_code import ErrorCode
from app.domain.page import Page, PageRequest
from app.records.micros import to_micros
from app.records.mongo.audit_rows import AuditRow, audit_row, entry_of
from app.records.mongo.collections import Collections
from app.records.mongo.pages import Listing, fetch_page


@dataclass(frozen=True, slots=True)
class MongoAudit:
    collections: Collections

    async def begin(self, entry: AuditEntry) -> None:
        await self.collections.audit_entries.insert(audit_row(self.collections.audit_entries.model, entry))

    async def end(
        self, entry_id: EntryId, outcome: Outcome, error: ErrorCode | None, object_ids: Sequence[str]
    ) -> None:
        ended = {
            "outcome": outcome.value,
            "error": None if error is None else error.value,
            "object_ids": list(object_ids),
        }
        await self.collections.audit_entries.change({"_id": entry_id}, {"$set": ended})

    async def list(self, filters: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        return await fetch_page(self.collections.audit_entries, _listing(filters), page, _entries_of)

    async def count(self, filters: AuditFilter) -> int:
        return await self.collections.audit_entries.count(_listing(filters).query)

    async def delete_before(self, at: datetime) -> int:
        return await self.collections.audit_entries.remove_all({"at": {"$lt": to_micros(at)}})


def _listing(filters: AuditFilter) -> Listing:
    exact = {
        "actor_id": filters.actor_id,
        "key_id": filters.key_id,
        "address": filters.address,
        "request_id": filters.request_id,
        "object_ids": filters.object_id,
    }
    query: dict[str, Any] = {field: value for field, value in exact.items() if value is not None}
    for field, values in (("action", filters.actions), ("door", filters.doors), ("outcome", filters.outcomes)):
        if values:
            query[field] = {"$in": [str(value) for value in values]}
    since = {} if filters.since is None else {"$gte": to_micros(filters.since)}
    until = {} if filters.until is None else {"$lt": to_micros(filters.until)}
    if since or until:
        query["at"] = {**since, **until}
    return Listing(query, "at", int, descending=True)


async def _entries_of(rows: Sequence[AuditRow]) -> list[AuditEntry]:
    return [entry_of(row) for row in rows]
