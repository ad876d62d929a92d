"""The replica records in SQLite; triggers write the outbox rows that keep the stores alike."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.image import ImageId
from app.domain.replica import Replica, ReplicaState, Scrub
from app.records.sqlite.connection import Database, Value
from app.records.sqlite.rows import from_micros, from_optional_micros, to_json, to_micros, to_optional_micros

_FIND = "SELECT * FROM replicas WHERE image_id IN (SELECT value FROM json_each(?)) ORDER BY image_id, backend"

_PUT = """
INSERT INTO replicas (image_id, backend, state, checked_at, error, cid)
SELECT id, ?, ?, ?, ?, ? FROM images WHERE id = ?
ON CONFLICT (image_id, backend) DO UPDATE SET state = excluded.state, error = excluded.error,
  checked_at = coalesce(excluded.checked_at, checked_at), cid = coalesce(excluded.cid, cid)
"""

_PUT_SCRUB = "INSERT OR REPLACE INTO scrubs (id, begun_at, after) VALUES (1, ?, ?)"


@dataclass(frozen=True, slots=True)
class SqliteReplicas:
    database: Database

    async def follow(self, primary: str, followers: Sequence[str]) -> None:
        rows = [(primary, 1), *((name, 0) for name in followers)]
        async with self.database.transaction() as transaction:
            await transaction.fetch("DELETE FROM stores")
            await transaction.execute_many("INSERT INTO stores (backend, is_primary) VALUES (?, ?)", rows)

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Replica, ...]]:
        found: defaultdict[ImageId, list[Replica]] = defaultdict(list)
        for row in await self.database.read(_FIND, (to_json(image_ids),)):
            found[ImageId(row["image_id"])].append(_replica_of(row))
        return {image_id: tuple(replicas) for image_id, replicas in found.items()}

    async def put(self, replicas: Sequence[Replica]) -> None:
        async with self.database.transaction() as transaction:
            await transaction.execute_many(_PUT, [_values(replica) for replica in replicas])

    async def scrub(self) -> Scrub | None:
        row = await self.database.read_one("SELECT begun_at, after FROM scrubs")
        return None if row is None else Scrub(from_micros(row["begun_at"]), row["after"])

    async def put_scrub(self, scrub: Scrub) -> None:
        async with self.database.transaction() as transaction:
            await transaction.fetch(_PUT_SCRUB, (to_micros(scrub.begun_at), scrub.after))


def _values(replica: Replica) -> tuple[Value, ...]:
    checked_at = to_optional_micros(replica.checked_at)
    return replica.backend, replica.state, checked_at, replica.error, replica.cid, replica.image_id


def _replica_of(row: sqlite3.Row) -> Replica:
    return Replica(
        image_id=ImageId(row["image_id"]),
        backend=row["backend"],
        state=ReplicaState(row["state"]),
        checked_at=from_optional_micros(row["checked_at"]),
        error=row["error"],
        cid=row["cid"],
    )
