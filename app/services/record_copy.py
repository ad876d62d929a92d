"""The copy of a whole installation's records into another database, and the proof that nothing is missing."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import orjson

from app.domain.errors import Conflict
from app.ports.record_copy import TABLES, Entry, Record, RecordSource, RecordTarget

BATCH = 500
"""Records that are written together."""

_ALL_BITS = 2**256 - 1


@dataclass(frozen=True, slots=True)
class Step:
    """How many records of a table were copied or compared, of about how many."""

    table: str
    done: int
    total: int


@dataclass(slots=True)
class Checksum:
    """Of the records of a table in any order: their number, and the sum of the SHA-256 of each."""

    count: int = 0
    total: int = 0

    def add(self, record: Record) -> None:
        text = orjson.dumps(dict(record), option=orjson.OPT_SORT_KEYS)
        self.count += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(text).digest())) & _ALL_BITS


@dataclass(frozen=True, slots=True)
class RecordCopyService:
    """Attributes:
    origin: The name of the source, by which a copy that is broken off is known again.
    checksums: Of each table, when it was compared.
    """

    source: RecordSource
    target: RecordTarget
    origin: str
    checksums: dict[str, Checksum] = field(default_factory=dict)

    async def copy_all(self) -> AsyncGenerator[Step]:
        """Copy all that the target does not have, and yield after each batch.

        Raises:
            Conflict: The target holds records of another origin, or somebody else copies into it.
            DatabaseUnavailable, InsufficientStorage, Busy
        """
        place = await self.target.begin(self.origin)
        await self.source.settle()
        for table in TABLES[TABLES.index(place.table) if place else 0 :]:
            after = place.key if place and place.table == table else None
            done = 0 if after is None else await self.target.estimate(table)
            total = await self.source.estimate(table)
            async with aclosing(_batches(self.source, table, after)) as batches:
                async for entries in batches:
                    place = await self.target.write(table, entries, place)
                    done += len(entries)
                    yield Step(table, done, total)

    async def compare(self) -> AsyncGenerator[Step]:
        """Read both databases whole, and yield as it goes; at the end the target is opened for servers.

        Raises:
            Conflict: They differ. Then what was copied is taken away again.
        """
        faults = []
        for table in TABLES:
            total = 2 * await self.source.estimate(table)
            here, there = Checksum(), Checksum()
            for database, checksum in ((self.source, here), (self.target, there)):
                async with aclosing(_batches(database, table, None)) as batches:
                    async for entries in batches:
                        for entry in entries:
                            checksum.add(entry.record)
                        yield Step(table, here.count + there.count, total)
            if here != there:
                faults.append(f"{table} ({here.count} and {there.count} records)")
            self.checksums[table] = there
        await self._judge(faults)

    async def _judge(self, faults: list[str]) -> None:
        if faults:
            await self.target.clear()
            raise Conflict(
                f"The copy was not the same: {', '.join(faults)}. It was taken away again. "
                "Stop all that writes to the source, and copy once more."
            )
        await self.target.finish()


async def _batches(database: RecordSource, table: str, after: str | None) -> AsyncGenerator[list[Entry]]:
    batch: list[Entry] = []
    async with aclosing(database.read(table, after)) as entries:
        async for entry in entries:
            batch.append(entry)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch
