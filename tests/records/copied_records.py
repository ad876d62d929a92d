"""Moves that the suite of the copies is told in, and what there is in a database of either kind."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from app.records.mongo.copying import MongoCopySource
from app.records.mongo.copying import open_copy_source as open_mongo_source
from app.records.mongo.copying import open_copy_target as open_mongo_target
from app.records.sqlite.copying import open_copy_source as open_sqlite_source
from app.records.sqlite.copying import open_copy_target as open_sqlite_target
from app.records.sqlite.functions import FUNCTIONS
from app.services.record_copy import RecordCopyService

MONGODB = "mongodb://"
OF_THE_INDEX = "image_search_"
"""Tables in which SQLite keeps the search index as it likes; what is in it is read from `image_search`."""


SPREAD = ("flow_events", "jobs", "job_events")
"""What is partly in other documents: lines in those of flows and jobs, the newest changes of jobs in their owners'."""

PASSING = {"version", "taken", "lines", "round", "changed", "slot"}
"""What a document has of how it was written."""


@asynccontextmanager
async def open_copy(source: str, target: str) -> AsyncIterator[RecordCopyService]:
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(
            open_mongo_source(source) if source.startswith(MONGODB) else open_sqlite_source(Path(source))
        )
        writer = await stack.enter_async_context(
            open_mongo_target(target) if target.startswith(MONGODB) else open_sqlite_target(Path(target))
        )
        yield RecordCopyService(reader, writer, source)


async def copy(source: str, target: str) -> dict[str, int]:
    """Copy and compare; return how many records of each table there are."""
    async with open_copy(source, target) as service:
        async for _ in service.copy_all():
            pass
        async for _ in service.compare():
            pass
        return {table: checksum.count for table, checksum in service.checksums.items()}


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables, and the whole schema."""
    with closing(sqlite3.connect(path)) as connection:
        for name, count, function in FUNCTIONS:
            connection.create_function(name, count, function)
        schema = connection.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name").fetchall()
        tables = [name for name, kind, _ in schema if kind == "table" and not name.startswith(OF_THE_INDEX)]
        rows = {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in tables}
    return {"sqlite_master": schema, **rows}


async def documents_of(source: MongoCopySource) -> dict[str, list[str]]:
    """Return all documents as text, in one order, without what is only about how they came to be."""
    flows = await source.collections.flows.find({})
    names = {flow.id: flow.name for flow in flows}
    found = {}
    for name in source.collections.__slots__:
        if name in SPREAD:
            found[name] = sorted([repr(entry.record) async for entry in source.read(name)])
            continue
        documents = await getattr(source.collections, name).project({}, {})
        found[name] = sorted(repr(_plain(document, names)) for document in documents if not _is_spent(document))
    return found


def _is_spent(document: Mapping[str, Any]) -> bool:
    """Tell whether a document is there only to be counted in, and counts nothing."""
    return document.get("image_count") == 0 and "tag" in document


def _plain(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {
            key: _plain(part, names)
            for key, part in sorted(value.items())
            if key not in PASSING and part != [] and not (key == "_id" and "duration_ms" in value)
        }
    if isinstance(value, list):
        return sorted((_plain(part, names) for part in value), key=repr)
    return names.get(value, value) if isinstance(value, str) else value
