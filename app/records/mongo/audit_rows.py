"""The audit log as documents."""

from pymongo import ASCENDING, IndexModel

from app.domain.audit import AuditEntry, Door, EntryId, Outcome
from app.domain.error_code import ErrorCode
from app.domain.rate import Caller
from app.records.micros import from_micros, to_micros
from app.records.mongo.tables import Row


class AuditRow(Row):
    at: int
    door: Door
    action: str
    actor_id: str | None
    key_id: str | None
    address: str
    request_id: str
    object_ids: list[str]
    outcome: Outcome
    error: ErrorCode | None

    class Settings:
        name = "audit_entries"
        indexes = [
            IndexModel([(field, ASCENDING) for field in fields])
            for fields in (
                ("at", "_id"),
                ("actor_id", "at", "_id"),
                ("key_id", "at", "_id"),
                ("address", "at", "_id"),
                ("action", "at", "_id"),
                ("door", "at", "_id"),
                ("outcome", "at", "_id"),
                ("request_id",),
                ("object_ids", "at", "_id"),
            )
        ]


def audit_row(model: type[AuditRow], entry: AuditEntry) -> AuditRow:
    return model(
        id=entry.id,
        at=to_micros(entry.at),
        door=entry.door,
        action=entry.action,
        actor_id=entry.actor.user_id,
        key_id=entry.actor.key_id,
        address=entry.actor.address,
        request_id=entry.request_id,
        object_ids=list(entry.object_ids),
        outcome=entry.outcome,
        error=entry.error,
    )


def entry_of(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=EntryId(row.id),
        at=from_micros(row.at),
        door=row.door,
        action=row.action,
        actor=Caller(row.actor_id, row.key_id, row.address),
        request_id=row.request_id,
        object_ids=tuple(row.object_ids),
        outcome=row.outcome,
        error=row.error,
    )
