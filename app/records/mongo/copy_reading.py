"""Reads whole collections as records: in the order of their ids, some at a time, which no query waits for long."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from app.ports.record_copy import Entry
from app.records.mongo.collections import Collections
from app.records.mongo.copied_images import image_record
from app.records.mongo.copied_rows import COLLECTIONS, TAKEN, record_of
from app.records.mongo.flow_events import KEPT_LINES
from app.records.mongo.flow_rows import FlowEventRow, FlowRow
from app.records.mongo.image_rows import KEPT
from app.records.mongo.job_changes import numbers_inside
from app.records.mongo.job_rows import JobEventRow, JobRow
from app.records.mongo.store_rows import ONLY
from app.records.mongo.tables import Query, Row, Table

PAGE = 500


@dataclass(frozen=True, slots=True)
class _Log:
    """Attributes:
    table: What its lines are called.
    heads: Of the documents with the newest lines; `lines` are documents of older ones.
    owner: What lines call the head's id, and records its name.
    kept: How many lines count; all when there is no limit.
    """

    table: str
    heads: Table[FlowRow] | Table[JobRow]
    lines: Table[FlowEventRow] | Table[JobEventRow]
    owner: str
    kept: int | None = None


def table_of(collections: Collections, table: str) -> Table[Any]:
    found: Table[Any] = getattr(collections, COLLECTIONS.get(table, table))
    return found


def read_table(collections: Collections, table: str, after: str | None) -> AsyncGenerator[Entry]:
    """Yield the records of a table after a key."""
    reader = _READERS.get(table)
    return reader(collections, after) if reader else _read_rows(collections, table, after)


async def _read_rows(collections: Collections, table: str, after: str | None) -> AsyncGenerator[Entry]:
    async with aclosing(_pages(collections, table, after)) as pages:
        async for rows in pages:
            for row in rows:
                yield Entry(row.id, record_of(table, row.dump()))


async def _read_images(collections: Collections, after: str | None) -> AsyncGenerator[Entry]:
    names = {flow["_id"]: flow["name"] for flow in await collections.flows.project(TAKEN["flows"], {"name": 1})}
    async with aclosing(_pages(collections, "images", after)) as pages:
        async for rows in pages:
            for row in rows:
                yield Entry(row.id, image_record(row, names))


async def _read_jobs(collections: Collections, after: str | None) -> AsyncGenerator[Entry]:
    """Yield jobs with the numbers of their newest changes, which may be in their owner's document only."""
    async with aclosing(_pages(collections, "jobs", after)) as pages:
        async for rows in pages:
            owners = await collections.owners.find({"_id": {"$in": list({row.owner_id for row in rows})}})
            numbers = {job_id: number for owner in owners for job_id, number in numbers_inside(owner).items()}
            for row in rows:
                record = record_of("jobs", row.dump())
                yield Entry(row.id, {**record, "revision": max(row.revision, numbers.get(row.id, 0))})


async def _read_stores(collections: Collections, after: str | None) -> AsyncGenerator[Entry]:
    stores = await collections.stores.get(ONLY)
    for backend in sorted((stores.primary, *stores.followers)) if stores else ():
        if after is None or backend > after:
            yield Entry(backend, {"backend": backend, "is_primary": stores is not None and backend == stores.primary})


def _of_existing(
    table: str, field: str, referred: str, query: Query
) -> Callable[[Collections, str | None], AsyncGenerator[Entry]]:
    """Return a reader of a table that passes over what was left behind when the thing that it is about was deleted."""

    async def read(collections: Collections, after: str | None) -> AsyncGenerator[Entry]:
        async with aclosing(_pages(collections, table, after)) as pages:
            async for rows in pages:
                asked = list({getattr(row, field) for row in rows})
                there = set(await table_of(collections, referred).ids({"_id": {"$in": asked}, **query}))
                for row in rows:
                    if getattr(row, field) in there:
                        yield Entry(row.id, record_of(table, row.dump()))

    return read


def _read_flow_events(collections: Collections, after: str | None) -> AsyncGenerator[Entry]:
    return _read_log(_Log("flow_events", collections.flows, collections.flow_events, "flow", KEPT_LINES), after)


def _read_job_events(collections: Collections, after: str | None) -> AsyncGenerator[Entry]:
    return _read_log(_Log("job_events", collections.jobs, collections.job_events, "job_id"), after)


async def _read_log(log: _Log, after: str | None) -> AsyncGenerator[Entry]:
    """Yield the lines of one head after the other. A key is the head's id and the number of the line."""
    head_id, seen = orjson.loads(after) if after else ("", 0)
    query = TAKEN.get("flows", {}) if log.owner == "flow" else {}
    while heads := await log.heads.find({**query, "_id": {"$gte": head_id}}, sort=[("_id", 1)], limit=PAGE):
        for head in heads:
            begin = seen if head.id == head_id else 0
            begin = begin if log.kept is None else max(begin, head.last_event - log.kept)
            async with aclosing(_lines_of(log, head, begin)) as lines:
                async for line in lines:
                    yield Entry(orjson.dumps([head.id, line["sequence"]]).decode(), line)
        head_id, seen = heads[-1].id, heads[-1].last_event
        if len(heads) < PAGE:
            return


async def _lines_of(log: _Log, head: FlowRow | JobRow, after: int) -> AsyncGenerator[dict[str, Any]]:
    named = {log.owner: head.name if isinstance(head, FlowRow) else head.id}
    spilled = head.last_event - len(head.lines)
    while after < spilled:
        query = {log.owner: head.id, "sequence": {"$gt": after, "$lte": spilled}}
        rows: Sequence[FlowEventRow | JobEventRow] = await log.lines.find(query, sort=[("sequence", 1)], limit=PAGE)
        for row in rows:
            yield record_of(log.table, {**row.dump(), **named})
        if len(rows) < PAGE:
            break
        after = rows[-1].sequence
    for line in head.lines:
        if line.sequence > after:
            yield record_of(log.table, {**line.model_dump(mode="json"), **named, "_id": None})


async def _pages(collections: Collections, table: str, after: str | None) -> AsyncGenerator[list[Any]]:
    found: Table[Row] = table_of(collections, table)
    while rows := await found.find(
        {**TAKEN.get(table, {}), "_id": {"$gt": after or ""}}, sort=[("_id", 1)], limit=PAGE
    ):
        yield rows
        after = rows[-1].id


_READERS: Mapping[str, Callable[[Collections, str | None], AsyncGenerator[Entry]]] = {
    "flow_events": _read_flow_events,
    "images": _read_images,
    "color_reports": _of_existing("color_reports", "image_id", "images", {"state": {"$in": list(KEPT)}}),
    "jobs": _read_jobs,
    "job_events": _read_job_events,
    "webhook_deliveries": _of_existing("webhook_deliveries", "webhook_id", "webhooks", TAKEN["webhooks"]),
    "stores": _read_stores,
}
