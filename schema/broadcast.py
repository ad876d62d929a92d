"""Live events of a subscription that several watch alike: executed and encoded once, for all of them.

Everybody begins with a stream of their own, which checks what they may see, charges them and replays what they
missed. Who has come to an event that happened since then goes over to the broadcast of those who ask the same as the
same viewer; the first hands its stream over to be it. Behind `KEPT` events a slow reader is told that it lagged, and
comes back with its cursor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from app.domain.error_code import ErrorCode

KEPT = 1_000
"""Events of a broadcast that a slow reader may be behind."""
NEW = timedelta(seconds=2)
"""By how much an event that is shared may be older than the watching. What is told beside it (the job as it is now) is
true of when the first reader was told; of older events, everybody is told what is true now."""

TOLD_AT_ONCE = 100
"""Readers that are told an event before others have their turn of the loop."""

Results: TypeAlias = AsyncGenerator[Any, None]
"""Results as Strawberry yields them, for a subscription ExecutionResult or PreExecutionError."""
Tell: TypeAlias = Callable[[bytes], bool]
"""Tells a reader the payload of a result, as JSON, without waking it. False when that cannot be done just now."""

DIRECTLY: ContextVar[Tell | None] = ContextVar("directly", default=None)
"""How the reader of this task is told, if it can be without being woken."""


class Told(dict[str, Any]):
    """The data of one event, with its place in the log that it is of."""

    def __init__(self, data: dict[str, Any], cursor: str, at: datetime) -> None:
        super().__init__(data)
        self.cursor = cursor
        self.at = at


class Broadcast:
    """The newest results of one stream, for any number of readers that wait for the next."""

    def __init__(self, first: ExecutionResult, results: Results) -> None:
        self.readers = 0
        self.end = 0
        """How many results there were."""
        self._kept: deque[ExecutionResult] = deque(maxlen=KEPT)
        self._cursors: deque[str | None] = deque(maxlen=KEPT)
        self._news = asyncio.Event()
        self._told: dict[asyncio.Future[int], Tell] = {}
        """Who is told each result as it comes, and what wakes them, with their place, when they cannot be told."""
        self.is_over = False
        self.newest_at: datetime | None = None
        self._add(first)
        self._work = asyncio.create_task(self._read(results))

    def place_behind(self, cursor: str) -> int | None:
        """Return the place behind an event; None when it is not one that is kept."""
        for back, known in enumerate(reversed(self._cursors)):
            if known == cursor:
                return self.end - back
        return None

    async def reach(self, at: datetime) -> None:
        """Return when what happened at a time is told, or nothing follows; or after a while, since that may fail."""
        with suppress(TimeoutError):
            async with asyncio.timeout(NEW.total_seconds()):
                while not self.is_over and (self.newest_at is None or self.newest_at < at):
                    await self._news.wait()

    async def follow(self, place: int, tell: Tell | None = None) -> Results:
        """Yield the results from a place on; a last one with LAGGED when they are not kept any more.

        Args:
            tell: What the reader has read up to the newest is told by it instead, as long as it can be.
        """
        while True:
            while place < self.end:
                behind = self.end - place
                if behind > len(self._kept):
                    yield _lagged()
                    return
                yield self._kept[-behind]
                place += 1
            if self.is_over:
                return
            if tell is None:
                await self._news.wait()
            else:
                place = await self._tell(tell)

    async def _tell(self, tell: Tell) -> int:
        """Have a reader told what comes; return the place of what it could not be told."""
        woken: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._told[woken] = tell
        try:
            return await woken
        finally:
            del self._told[woken]

    async def close(self) -> None:
        self._work.cancel()
        await asyncio.wait({self._work})

    async def _read(self, results: Results) -> None:
        try:
            async with aclosing(results):
                async for result in results:
                    self._add(result)
                    await self._tell_all()
                    await asyncio.sleep(0)  # readers have their turn
        finally:
            self.is_over = True
            self._news.set()
            self._wake(self._told)

    def _add(self, result: ExecutionResult) -> None:
        told = result.data if isinstance(result.data, Told) else None
        self._cursors.append(told.cursor if told is not None else None)
        self.newest_at = told.at if told is not None else self.newest_at
        encoded = orjson.Fragment(orjson.dumps(result.data))
        self._kept.append(replace(result, data=encoded))  # type: ignore[arg-type]  # it is written as JSON, no more
        self.end += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _tell_all(self) -> None:
        """Tell the newest result to all who were there when it came."""
        newest = self._kept[-1]
        if newest.errors or newest.extensions:
            self._wake(self._told)
            return
        payload = orjson.dumps({"data": newest.data})
        for number, (woken, tell) in enumerate(tuple(self._told.items()), 1):
            if not woken.done() and not tell(payload):
                self._wake((woken,))
            if number % TOLD_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _wake(self, readers: Iterable[asyncio.Future[int]]) -> None:
        """Let readers read the newest result by themselves; behind the end there is none."""
        for woken in readers:
            if not woken.done():
                woken.set_result(self.end - (0 if self.is_over else 1))


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """The broadcasts of one schema, by what is asked and who asks."""

    _open: dict[Hashable, Broadcast] = field(default_factory=dict)

    async def share(self, key: Hashable, results: Results) -> Results:
        """Yield one's own results, and those of a broadcast as soon as one has come to what is new."""
        broadcast, since = None, datetime.now(UTC) - NEW
        try:
            async for result in results:
                yield result
                told = result.data if isinstance(result.data, Told) and result.data.at > since else None
                place = await self._place_behind(key, told) if told is not None else None
                if place is not None:
                    await results.aclose()
                    broadcast = self._open[key]
                elif told is not None and self._is_free(key):
                    broadcast = self._open[key] = Broadcast(result, results)
                    place = broadcast.end
                if broadcast is not None and place is not None:
                    broadcast.readers += 1
                    break
            if broadcast is not None and place is not None:
                async for result in broadcast.follow(place, DIRECTLY.get()):
                    yield result
        finally:
            await (results.aclose() if broadcast is None else self._leave(key, broadcast))

    async def _place_behind(self, key: Hashable, told: Told) -> int | None:
        """Return where a reader who was told this goes on; None where there is no such broadcast any more."""
        if self._is_free(key):
            return None
        broadcast = self._open[key]
        await broadcast.reach(told.at)
        return broadcast.place_behind(told.cursor) if self._open.get(key) is broadcast else None

    def _is_free(self, key: Hashable) -> bool:
        return key not in self._open or self._open[key].is_over

    async def _leave(self, key: Hashable, broadcast: Broadcast) -> None:
        broadcast.readers -= 1
        if broadcast.readers:
            return
        if self._open.get(key) is broadcast:
            del self._open[key]
        await broadcast.close()


def _lagged() -> ExecutionResult:
    message = f"The reader is more than {KEPT} events behind; subscribe again, after the last cursor."
    return ExecutionResult(data=None, errors=[GraphQLError(message, extensions={"code": ErrorCode.LAGGED})])
