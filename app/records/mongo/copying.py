"""A copy of all records out of a MongoDB database, or into one."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass

from pymongo.errors import DuplicateKeyError

from app.domain.errors import NotFound
from app.ports.record_copy import TABLES, CopyPlace, Entry
from app.records.copy_errors import has_records, in_other_hands, of_other_origin, of_other_version, unfinished
from app.records.mongo.collections import Collections, bind_collections
from app.records.mongo.connection import Database, call, open_database
from app.records.mongo.copy_reading import read_table, table_of
from app.records.mongo.copy_writing import clear_collections, place_webhooks, write_entries
from app.records.mongo.healer import heal
from app.records.mongo.migrate import MIGRATIONS, migrate, read_version

_STATE = {"_id": "copy"}
"""The document of `meta` that is there while a copy is not finished."""


async def check_whole(database: Database) -> None:
    """Let pass a database into which no copy is going on. Raises: Conflict."""
    if await call(database["meta"].find_one(_STATE)) is not None:
        raise unfinished()


@asynccontextmanager
async def open_copy_source(url: str) -> AsyncIterator["MongoCopySource"]:
    """Open a database to copy from, and bring it up to date.

    Raises:
        NotFound: No server has used it.
        Conflict: A copy into it is not finished.
        DatabaseUnavailable, UnknownVersion
    """
    async with open_database(url) as database, bind_collections(database) as collections:
        if await read_version(database) == 0:
            raise NotFound("There are no records in the database of the source.")
        await check_whole(database)
        await migrate(database, collections)
        yield MongoCopySource(collections)


@asynccontextmanager
async def open_copy_target(url: str) -> AsyncIterator["MongoCopyTarget"]:
    """Open a database to copy into. Raises: Conflict, DatabaseUnavailable, UnknownVersion."""
    async with open_database(url) as database, bind_collections(database) as collections:
        if await call(database["meta"].find_one(_STATE)) is None:
            await migrate(database, collections)
        elif await read_version(database) != MIGRATIONS[-1].version:
            raise of_other_version()
        yield MongoCopyTarget(database, collections)


@dataclass(frozen=True, slots=True)
class MongoCopySource:
    collections: Collections

    async def settle(self) -> None:
        while await heal(self.collections, after_s=0):
            pass

    async def estimate(self, table: str) -> int:
        return await call(table_of(self.collections, table).collection.estimated_document_count())

    def read(self, table: str, after: str | None = None) -> AsyncGenerator[Entry]:
        return read_table(self.collections, table, after)


@dataclass(frozen=True, slots=True)
class MongoCopyTarget:
    """A batch is written before the place of the copy behind it. What a crash leaves of one is written again: that
    makes no difference, since the ids follow from the records."""

    database: Database
    collections: Collections

    async def settle(self) -> None:
        """There is nothing to do: nothing is owed in what was copied."""

    async def estimate(self, table: str) -> int:
        return await MongoCopySource(self.collections).estimate(table)

    def read(self, table: str, after: str | None = None) -> AsyncGenerator[Entry]:
        return read_table(self.collections, table, after)

    async def begin(self, origin: str) -> CopyPlace | None:
        state = await call(self.database["meta"].find_one(_STATE))
        if state is None:
            await self._begin(origin)
            return None
        if state["origin"] != origin:
            raise of_other_origin(state["origin"])
        return None if state["place"] is None else CopyPlace(state["place"]["table"], state["place"]["key"])

    async def write(self, table: str, entries: Sequence[Entry], before: CopyPlace | None) -> CopyPlace:
        place = CopyPlace(table, entries[-1].key)
        await write_entries(self.collections, table, entries)
        held = {**_STATE, "place": _fields_of(before)}
        moved = {"$set": {"place": _fields_of(place)}}
        if (await call(self.database["meta"].update_one(held, moved))).matched_count == 0:
            raise in_other_hands()
        return place

    async def finish(self) -> None:
        await place_webhooks(self.collections)
        await self._end()

    async def clear(self) -> None:
        await clear_collections(self.collections)
        await self._end()

    async def _begin(self, origin: str) -> None:
        for table in TABLES:
            async with aclosing(self.read(table)) as entries:
                async for _ in entries:
                    raise has_records(table)
        try:
            await call(self.database["meta"].insert_one({**_STATE, "origin": origin, "place": None}))
        except DuplicateKeyError as error:
            raise in_other_hands() from error

    async def _end(self) -> None:
        await call(self.database["meta"].delete_one(_STATE))


def _fields_of(place: CopyPlace | None) -> dict[str, str] | None:
    return None if place is None else asdict(place)
