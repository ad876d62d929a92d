"""The logs of flows in SQLite: written by triggers, so no change goes without its line."""

import sqlite3

from app.domain.flow import FlowEvent, FlowEventKind
from app.domain.image import ImageId
from app.records.sqlite.connection import Database
from app.records.sqlite.rows import from_micros

_EVENTS = "SELECT * FROM flow_events WHERE flow = ? AND sequence > ? ORDER BY sequence LIMIT ?"


async def fetch_events(database: Database, name: str, after: int, limit: int) -> tuple[FlowEvent, ...]:
    """Return the lines after a sequence number; only one transaction writes at a time, so no lower one comes later."""
    return tuple(map(_event_of, await database.read(_EVENTS, (name, after, limit))))


async def fetch_last_event(database: Database, name: str) -> int:
    """Return the number of the newest line, 0 when there is none."""
    row = await database.read_one("SELECT last_event FROM flows WHERE name = ?", (name,))
    return int(row["last_event"]) if row else 0


def _event_of(row: sqlite3.Row) -> FlowEvent:
    return FlowEvent(
        sequence=row["sequence"],
        at=from_micros(row["at"]),
        kind=FlowEventKind(row["kind"]),
        image_id=ImageId(row["image_id"]),
    )
