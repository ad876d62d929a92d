"""What is owed to the world outside, as documents."""

from pymongo import ASCENDING, IndexModel

from app.domain.outbox import EntryId, OutboxEntry
from app.records.micros import from_micros, to_micros
from app.records.mongo.rows import ErrorPart, error_of
from app.records.mongo.tables import Row


class OutboxRow(Row):
    """An entry. `due_at` is also the end of a lease: whoever claims it moves it ahead, and takes the next `token`."""

    kind: str
    lane: str
    payload: str
    due_at: int
    attempts: int = 0
    token: int = 0
    error: ErrorPart | None = None
    died_at: int | None = None

    class Settings:
        name = "outbox"
        indexes = [
            IndexModel([("died_at", ASCENDING), ("kind", ASCENDING), ("due_at", ASCENDING), ("lane", ASCENDING)]),
        ]


def outbox_row(model: type[OutboxRow], entry: OutboxEntry) -> OutboxRow:
    return model(
        id=entry.id,
        kind=entry.kind,
        lane=entry.lane,
        payload=entry.payload,
        due_at=to_micros(entry.due_at),
        attempts=entry.attempts,
    )


def entry_of(row: OutboxRow) -> OutboxEntry:
    return OutboxEntry(
        id=EntryId(row.id),
        kind=row.kind,
        payload=row.payload,
        lane=row.lane,
        due_at=from_micros(row.due_at),
        attempts=row.attempts,
        error=error_of(row.error),
        is_dead=row.died_at is not None,
    )
