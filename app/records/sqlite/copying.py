"""A copy of all records out of a SQLite file, or into one."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.ports.record_copy import TABLES, CopyPlace, Entry
from app.records.copy_errors import has_records, in_other_hands, of_other_origin, of_other_version, unfinished
from app.records.sqlite.connection import Database, Transaction, open_database
from app.records.sqlite.copied_images import image_records, insert_images
from app.records.sqlite.copied_rows import COUNTED, KEYS, SELECTED, insert, record_of, row_of
from app.records.sqlite.migrate import list_migrations, migrate, read_version

PAGE = 500

TELLING = (
    "flow_event_of_added",
    "flow_event_counted",
    "flow_event_of_classified",
    "job_added",
    "webhook_delivery_logged",
    "replica_of_added",
)
"""The triggers that tell of what is inserted. What is copied was told of before, and brings its logs along."""

# Its one row is there while a copy is not finished; `triggers` are those that are left out meanwhile, as JSON.
_CREATE_STATE = """
CREATE TABLE record_copy (
  origin    TEXT NOT NULL,
  triggers  TEXT NOT NULL,
  place     TEXT,
  place_key TEXT
) STRICT
"""

_IS_BEGUN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'record_copy'"

_MOVE = "UPDATE record_copy SET place = ?, place_key = ? WHERE place IS ? AND place_key IS ? RETURNING 1"


async def check_whole(database: Database) -> None:
    """Let pass a file into which no copy is going on. Raises: Conflict."""
    if await database.read_one(_IS_BEGUN) is not None:
        raise unfinished()


@asynccontextmanager
async def open_copy_source(path: Path) -> AsyncIterator["SqliteCopySource"]:
    """Open a file to copy from, and bring it up to date. Raises: Conflict, UnknownVersion."""
    async with open_database(path) as database:
        await check_whole(database)
        await migrate(database, list_migrations())
        yield SqliteCopySource(database)


@asynccontextmanager
async def open_copy_target(path: Path) -> AsyncIterator["SqliteCopyTarget"]:
    """Open a file to copy into, made when there is none. Raises: Conflict, UnknownVersion."""
    async with open_database(path) as database:
        if await database.read_one(_IS_BEGUN) is None:
            await migrate(database, list_migrations())
        elif await read_version(database) != list_migrations()[-1].version:
            raise of_other_version()
        yield SqliteCopyTarget(database)


@dataclass(frozen=True, slots=True)
class SqliteCopySource:
    database: Database

    async def settle(self) -> None:
        """There is nothing to do: what belongs together was changed together."""

    async def estimate(self, table: str) -> int:
        row = await self.database.read_one(f"SELECT count(*) AS records FROM {table}")  # noqa: S608 - own names only
        return int(row["records"]) if row else 0

    async def read(self, table: str, after: str | None = None) -> AsyncGenerator[Entry]:
        keys = KEYS.get(table, ("id",))
        columns, selected = ", ".join(keys), SELECTED.get(table, table)
        while True:
            where = f"WHERE ({columns}) > ({', '.join('?' * len(keys))})" if after else ""
            sql = f"SELECT * FROM {selected} {where} ORDER BY {columns} LIMIT {PAGE}"  # noqa: S608 - own names only
            rows = await self.database.read(sql, orjson.loads(after) if after else ())
            if table == "images":
                records = await image_records(self.database, rows)
            else:
                records = [record_of(table, row) for row in rows]
            for row, record in zip(rows, records, strict=True):
                after = orjson.dumps([row[key] for key in keys]).decode()
                yield Entry(after, record)
            if len(rows) < PAGE:
                return


@dataclass(frozen=True, slots=True)
class SqliteCopyTarget:
    """Attributes:
    database: Each batch and the place of the copy behind it are written together.
    """

    database: Database

    async def settle(self) -> None:
        """There is nothing to do: what belongs together was changed together."""

    async def estimate(self, table: str) -> int:
        return await SqliteCopySource(self.database).estimate(table)

    def read(self, table: str, after: str | None = None) -> AsyncGenerator[Entry]:
        return SqliteCopySource(self.database).read(table, after)

    async def begin(self, origin: str) -> CopyPlace | None:
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one(_IS_BEGUN) is None:
                await _begin(transaction, origin)
                return None
            [row] = await transaction.fetch("SELECT * FROM record_copy")
        if row["origin"] != origin:
            raise of_other_origin(row["origin"])
        return None if row["place"] is None else CopyPlace(row["place"], row["place_key"])

    async def write(self, table: str, entries: Sequence[Entry], before: CopyPlace | None) -> CopyPlace:
        place = CopyPlace(table, entries[-1].key)
        known = (before.table, before.key) if before else (None, None)
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one(_MOVE, (place.table, place.key, *known)) is None:
                raise in_other_hands()
            if table == "images":
                await insert_images(transaction, [entry.record for entry in entries])
            elif table not in COUNTED:
                await insert(transaction, table, (row_of(table, entry.record) for entry in entries))
        return place

    async def finish(self) -> None:
        async with self.database.transaction() as transaction:
            await _end(transaction)

    async def clear(self) -> None:
        async with self.database.transaction() as transaction:
            # Without flows nobody is told of images that go.
            for table in ("search_rows", "flows", *reversed(TABLES)):
                await transaction.fetch(f"DELETE FROM {table}")  # noqa: S608 - own names only
            await _end(transaction)


async def _begin(transaction: Transaction, origin: str) -> None:
    for table in TABLES:
        if await transaction.fetch_one(f"SELECT 1 FROM {table} LIMIT 1") is not None:  # noqa: S608 - own names only
            raise has_records(table)
    told = [await transaction.fetch_one("SELECT sql FROM sqlite_master WHERE name = ?", (name,)) for name in TELLING]
    for name in TELLING:
        await transaction.fetch(f"DROP TRIGGER {name}")
    await transaction.fetch(_CREATE_STATE)
    triggers = orjson.dumps([row["sql"] for row in told if row]).decode()
    await transaction.fetch("INSERT INTO record_copy (origin, triggers) VALUES (?, ?)", (origin, triggers))


async def _end(transaction: Transaction) -> None:
    [row] = await transaction.fetch("SELECT triggers FROM record_copy")
    for sql in orjson.loads(row["triggers"]):
        await transaction.fetch(sql)
    await transaction.fetch("DROP TABLE record_copy")
