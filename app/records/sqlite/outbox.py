"""The outbox in SQLite: rows that other records write in their own transactions, too."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import LeaseLost
from app.domain.job import ItemError
from app.domain.outbox import EntryId, OutboxClaim, OutboxEntry
from app.records.sqlite.connection import Database, Transaction, Value
from app.records.sqlite.rows import error_of, from_micros, to_json, to_micros

_INSERT = """
INSERT INTO outbox (id, kind, lane, payload, due_at, attempts) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""

_DUE = """
SELECT id, due_at FROM outbox
WHERE died_at IS NULL AND kind = ? AND due_at <= ? AND lane NOT IN (SELECT value FROM json_each(?))
ORDER BY due_at LIMIT 1
"""

_CLAIM = """
UPDATE outbox SET due_at = ?, attempts = attempts + 1, token = token + 1 WHERE id = ? RETURNING *
"""

_HELD = "id = ? AND token = ? AND died_at IS NULL"

_RENEW = f"UPDATE outbox SET due_at = ? WHERE {_HELD} RETURNING id"  # noqa: S608 - own text only

_SETTLE = f"DELETE FROM outbox WHERE {_HELD} RETURNING id"  # noqa: S608 - own text only

_RELEASE = f"""
UPDATE outbox SET due_at = ?, attempts = attempts - 1, token = token + 1 WHERE {_HELD} RETURNING id
"""  # noqa: S608 - own text only

_PUT_BACK = f"""
UPDATE outbox SET due_at = ?, error_code = ?, error_message = ?, token = token + 1 WHERE {_HELD} RETURNING id
"""  # noqa: S608 - own text only

_BURY = f"""
UPDATE outbox SET died_at = ?, error_code = ?, error_message = ? WHERE {_HELD} RETURNING id
"""  # noqa: S608 - own text only

_DELETE_DEAD = "DELETE FROM outbox WHERE died_at < ? RETURNING id"


@dataclass(frozen=True, slots=True)
class SqliteOutbox:
    database: Database

    async def add(self, entries: Sequence[OutboxEntry]) -> None:
        async with self.database.transaction() as transaction:
            await insert_entries(transaction, entries)

    async def find(self, entry_id: EntryId) -> OutboxEntry | None:
        row = await self.database.read_one("SELECT * FROM outbox WHERE id = ?", (entry_id,))
        return None if row is None else _entry_of(row)

    async def claim(
        self, now: datetime, lease_s: float, kinds: Collection[str], busy: Collection[str] = ()
    ) -> OutboxClaim | None:
        # Looking costs no lock of the file, and mostly there is nothing.
        looks = [(kind, to_micros(now), to_json(busy)) for kind in kinds]
        if not [row for look in looks for row in await self.database.read(_DUE, look)]:
            return None
        async with self.database.transaction() as transaction:
            due = [row for look in looks for row in await transaction.fetch(_DUE, look)]
            if not due:
                return None
            oldest = min(due, key=lambda row: row["due_at"])
            lease_until = to_micros(now + timedelta(seconds=lease_s))
            [row] = await transaction.fetch(_CLAIM, (lease_until, oldest["id"]))
        return OutboxClaim(_entry_of(row), row["token"])

    async def renew(self, claim: OutboxClaim, now: datetime, lease_s: float) -> None:
        await self._write_held(claim, _RENEW, to_micros(now + timedelta(seconds=lease_s)))

    async def settle(self, claim: OutboxClaim) -> None:
        await self._write_held(claim, _SETTLE)

    async def put_back(self, claim: OutboxClaim, due: datetime, error: ItemError | None) -> None:
        if error is None:
            await self._write_held(claim, _RELEASE, to_micros(due))
        else:
            await self._write_held(claim, _PUT_BACK, to_micros(due), error.code, error.message)

    async def bury(self, claim: OutboxClaim, error: ItemError, at: datetime) -> None:
        await self._write_held(claim, _BURY, to_micros(at), error.code, error.message)

    async def delete_dead(self, before: datetime) -> int:
        async with self.database.transaction() as transaction:
            return len(await transaction.fetch(_DELETE_DEAD, (to_micros(before),)))

    async def waiting(self) -> int:
        [row] = await self.database.read("SELECT count(*) AS entries FROM outbox WHERE died_at IS NULL")
        return int(row["entries"])

    async def _write_held(self, claim: OutboxClaim, sql: str, *values: Value) -> None:
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one(sql, (*values, claim.entry.id, claim.token)) is None:
                raise LeaseLost(f"The lease of the outbox entry {claim.entry.id} was lost.")


async def insert_entries(transaction: Transaction, entries: Sequence[OutboxEntry]) -> None:
    """Keep entries together with what causes them."""
    await transaction.execute_many(_INSERT, [_values(entry) for entry in entries])


def _values(entry: OutboxEntry) -> tuple[Value, ...]:
    return entry.id, entry.kind, entry.lane, entry.payload, to_micros(entry.due_at), entry.attempts


def _entry_of(row: sqlite3.Row) -> OutboxEntry:
    return OutboxEntry(
        id=EntryId(row["id"]),
        kind=row["kind"],
        payload=row["payload"],
        lane=row["lane"],
        due_at=from_micros(row["due_at"]),
        attempts=row["attempts"],
        error=error_of(row),
        is_dead=row["died_at"] is not None,
    )
