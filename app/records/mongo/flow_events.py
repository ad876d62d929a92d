"""The logs of flows: appended to in the flow's own document, together with its count, and spilled from there.

A line is numbered by the write that appends it, so it is seen only when every lower one can be.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from app.domain.flow import FlowEvent, FlowEventKind
from app.records.mongo.collections import Collections
from app.records.mongo.debts import take
from app.records.mongo.flow_rows import FlowEventRow, FlowLine, FlowRow, event_of
from app.records.mongo.tables import Update

KEPT_LINES = 10_000
MAX_LINES_INSIDE = 32
"""Lines in a flow's document before they are made documents of their own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a flow is told of an image. `shown` is added to its count of images."""

    mark: str
    at: int
    kind: FlowEventKind
    image_id: str
    shown: int


async def fetch_events(collections: Collections, name: str, after: int, limit: int) -> tuple[FlowEvent, ...]:
    """Return the lines after a sequence number.

    The flow is read first: what is spilled after that is here twice, not missing.
    """
    flow = await collections.flows.find_one({"name": name})
    if flow is None:
        return ()
    after = max(after, flow.last_event - KEPT_LINES)
    inside = [line for line in flow.lines if line.sequence > after]
    spilled = flow.last_event - len(flow.lines)
    events = [event_of(line) for line in inside]
    if after < spilled:
        query = {"flow": flow.id, "sequence": {"$gt": after, "$lte": spilled}}
        rows = await collections.flow_events.find(query, sort=[("sequence", 1)], limit=limit)
        events = [*map(event_of, rows), *events]
    return tuple(events[:limit])


async def tell_flow(
    collections: Collections,
    flow_id: str,
    entries: Sequence[Entry],
    find_owed: Callable[[], Awaitable[Collection[str]]],
) -> bool:
    """Append what is still owed to a flow's log, and count it; False when the flow is gone."""
    by_mark = {entry.mark: entry for entry in entries}

    def append(flow: FlowRow, marks: Sequence[str]) -> Update | None:
        if flow.is_deleted:
            return None
        new = [by_mark[mark] for mark in marks]
        lines = [_line_of(entry, flow.last_event + number) for number, entry in enumerate(new, start=1)]
        return {
            "$inc": {"last_event": len(new), "image_count": sum(entry.shown for entry in new)},
            "$push": {"lines": {"$each": lines}},
        }

    flow = await take(collections.flows, flow_id, list(by_mark), find_owed, append)
    if flow is not None and len(flow.lines) > MAX_LINES_INSIDE:
        await _spill(collections, flow)
    return flow is not None and not flow.is_deleted


async def _spill(collections: Collections, flow: FlowRow) -> None:
    """Make documents of the lines inside a flow. After a crash some are both, which makes no difference."""
    model = collections.flow_events.model
    await collections.flow_events.insert_missing(_row_of(model, flow.id, line) for line in flow.lines)
    spilled = {"sequence": {"$lte": flow.lines[-1].sequence}}
    await collections.flows.change({"_id": flow.id}, {"$pull": {"lines": spilled}})
    if flow.last_event > KEPT_LINES:
        forgotten = {"flow": flow.id, "sequence": {"$lte": flow.last_event - KEPT_LINES}}
        await collections.flow_events.remove_all(forgotten)


def _line_of(entry: Entry, sequence: int) -> dict[str, object]:
    line = FlowLine(sequence=sequence, at=entry.at, kind=entry.kind, image_id=entry.image_id)
    return line.model_dump(mode="json")


def _row_of(model: type[FlowEventRow], flow_id: str, line: FlowLine) -> FlowEventRow:
    return model(id=f"{flow_id}/{line.sequence}", flow=flow_id, **line.model_dump())
