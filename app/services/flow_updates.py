"""Flow updates: watching what is added to, changed in and removed from a flow."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from app.domain import policy
from app.domain.errors import InvalidInput
from app.domain.flow import Flow, FlowCursor, FlowEvent, FlowEventKind, FlowUpdate
from app.domain.viewer import Viewer
from app.ports.records import Records
from app.ports.work import Clock, flow_topic
from app.services.tails import Piece, Tails, give_way

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"f([0-9a-f]{1,14})-([0-9]{1,15})")
"""`f`, the microseconds of the flow's making since 1970 in hex digits, which end in the year 4253, and the line."""


@dataclass(frozen=True, slots=True)
class FlowUpdateService:
    records: Records
    clock: Clock
    tails: Tails[Flow | None, FlowEvent]

    async def watch(self, viewer: Viewer, name: str, after: FlowCursor | None = None) -> AsyncGenerator[FlowUpdate]:
        """Yield the log of a flow behind `after`, then live, until it is deleted or the viewer may not see it.

        It opens with a snapshot when there is no `after`, and has one wherever lines are missing that are not kept
        any more, or that belong to an older flow of the same name: the flow is to be read anew then.

        Raises:
            NotFound: There is no such flow that the viewer may see.
        """
        flow = await self._find(viewer, name)
        if flow is None:
            raise policy.no_flow(name)
        place = await self._check(flow, after)
        while events := await self._read(flow, place):
            for event in events:
                update = FlowUpdate(flow, event)
                yield update
                place = update.cursor
                await give_way()
            found = await self._find(viewer, name)
            if found is None or found.created_at != flow.created_at:
                return
            flow = found
        if place is not None:
            async with aclosing(self._watch_tail(viewer, flow, place)) as updates:
                async for update in updates:
                    yield update

    async def _watch_tail(self, viewer: Viewer, flow: Flow, place: FlowCursor) -> AsyncGenerator[FlowUpdate]:
        """Yield what is new in the log, behind a place that is its end."""
        key = (flow.name, flow.created_at)
        read = partial(self._read_on, flow)
        async with self.tails.hold(key, flow_topic(flow.name), read, Piece(flow, ()), place.sequence) as tail:
            while (now := tail.subject) is not None and policy.can_see_flow(viewer, now):
                events = tail.since(place.sequence)
                if events is None or not _follow(events, place):
                    events = await self._read(now, place)
                for event in events:
                    update = FlowUpdate(now, event)
                    yield update
                    place = update.cursor
                if not events:
                    await tail.wait()

    async def _read_on(self, flow: Flow, after: int) -> Piece[Flow | None, FlowEvent]:
        """Read the lines behind a place of the log of this very flow, which is over when the flow is gone."""
        now = await self.records.flows.find(flow.name)
        if now is None or now.created_at != flow.created_at:
            return Piece(None, (), is_over=True)
        return Piece(now, await self.records.flows.events(flow.name, after))

    async def _find(self, viewer: Viewer, name: str) -> Flow | None:
        flow = await self.records.flows.find(name)
        return flow if flow is not None and policy.can_see_flow(viewer, flow) else None

    async def _check(self, flow: Flow, place: FlowCursor | None) -> FlowCursor | None:
        """Return the place when it is one in the log of this very flow."""
        if place is None or place.flow_created_at != flow.created_at:
            return None
        return place if place.sequence <= await self.records.flows.last_event(flow.name) else None

    async def _read(self, flow: Flow, place: FlowCursor | None) -> tuple[FlowEvent, ...]:
        """Return the lines that follow, or a snapshot where they do not."""
        if place is None:
            return (await self._snapshot(flow),)
        events = await self.records.flows.events(flow.name, place.sequence)
        return events if _follow(events, place) else (await self._snapshot(flow),)

    async def _snapshot(self, flow: Flow) -> FlowEvent:
        return FlowEvent(await self.records.flows.last_event(flow.name), self.clock(), FlowEventKind.SNAPSHOT, None)


def _follow(events: Sequence[FlowEvent], place: FlowCursor) -> bool:
    """Tell whether no line is missing between a place and these."""
    return not events or events[0].sequence == place.sequence + 1


def encode_flow_cursor(cursor: FlowCursor) -> str:
    """Return a place in a flow's log as the opaque text that clients keep."""
    return f"f{(cursor.flow_created_at - _EPOCH) // timedelta(microseconds=1):x}-{cursor.sequence}"


def decode_flow_cursor(text: str | None) -> FlowCursor | None:
    """Return the place that a cursor stands for; None for none.

    Raises:
        InvalidInput: It is no cursor of ours.
    """
    if text is None:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise InvalidInput(f"The cursor {text[:80]!r} is not one that this server gave.", field=("after",))
    return FlowCursor(_EPOCH + timedelta(microseconds=int(match[1], 16)), int(match[2]))
