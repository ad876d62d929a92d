"""The growing end of a log, read once for all who watch it in this process.

Every watcher reads by itself what was there when it came. Then all wait at one tail, which alone listens to the bell
and looks at the records: what a log costs does not grow with its watchers, and those that wait cost no read at all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, Generic, Protocol, TypeVar

from app.ports.work import Bell

POLL_S: Final = 1.0
"""How long news may be missed when the hint was lost or came from another process."""

KEPT: Final = 256
"""Lines that are kept for watchers that are behind; of more, each reads by itself."""


REPLAYED: Final = 20
"""More lines than this at a time are of the past."""

BUSY_S: Final = 0.002
"""How long one turn of the loop takes when many want it."""

LONGEST_PAUSE_S: Final = 0.25


class Line(Protocol):
    """One line of a log: its place is 1, 2, 3 … without a gap."""

    @property
    def sequence(self) -> int: ...


LineT = TypeVar("LineT", bound=Line)
SubjectT = TypeVar("SubjectT")


@dataclass(frozen=True, slots=True)
class Piece(Generic[SubjectT, LineT]):
    """What was read behind a place: what the log is of, as it was before that, and the lines."""

    subject: SubjectT
    lines: tuple[LineT, ...]
    is_over: bool = False
    """Nothing will follow."""


Read = Callable[[int], Awaitable[Piece[SubjectT, LineT]]]


class Tail(Generic[SubjectT, LineT]):
    """The newest lines of one log, for any number of watchers."""

    def __init__(self, first: Piece[SubjectT, LineT], place: int) -> None:
        self.subject = first.subject
        self.watchers = 0
        self._reach = self._end = place
        self._lines: deque[LineT] = deque()
        self._failure: Exception | None = None
        self._news = asyncio.Event()
        self._is_over = False

    def since(self, place: int) -> tuple[LineT, ...] | None:
        """Return the lines behind a place; None when they are not kept.

        Raises: what the reading raised, once all lines that were read are told.
        """
        if place < self._reach:
            return None
        newer = takewhile(lambda line: line.sequence > place, reversed(self._lines))
        lines = tuple(newer)[::-1]
        if not lines and self._failure is not None:
            raise self._failure
        return lines

    @property
    def is_over(self) -> bool:
        return self._is_over or self._failure is not None

    async def wait(self) -> None:
        """Return at the next news, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._news.wait()

    async def keep_reading(self, bell: Bell, topic: str, read: Read[SubjectT, LineT]) -> None:
        """Read on until the log is over."""
        try:
            async with bell.listen(topic) as wait:
                while not self._is_over:
                    piece = await read(self._end)
                    self._add(piece)
                    if not piece.lines and not piece.is_over:
                        await wait(POLL_S)
        except Exception as error:  # noqa: BLE001  # each watcher raises it
            self._failure = error
        finally:
            self._tell()

    def _add(self, piece: Piece[SubjectT, LineT]) -> None:
        has_news = bool(piece.lines) or piece.is_over or piece.subject != self.subject
        self.subject, self._is_over = piece.subject, piece.is_over
        for line in piece.lines:
            self._lines.append(line)
            self._end = line.sequence
        while len(self._lines) > KEPT:
            self._reach = self._lines.popleft().sequence
        if has_news:
            self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


@dataclass(frozen=True, slots=True)
class Tails(Generic[SubjectT, LineT]):
    """The tails of all logs that somebody watches."""

    bell: Bell
    _open: dict[Hashable, tuple[Tail[SubjectT, LineT], asyncio.Task[None]]] = field(default_factory=dict)

    @asynccontextmanager
    async def hold(
        self, key: Hashable, topic: str, read: Read[SubjectT, LineT], first: Piece[SubjectT, LineT], place: int
    ) -> AsyncGenerator[Tail[SubjectT, LineT]]:
        """Hold the tail of a log, which begins at a place unless others hold it already.

        Args:
            key: Of the log.
            topic: Rung when it has news.
            read: Reads what is behind a place.
            first: What was read last.
        """
        if key not in self._open or self._open[key][0].is_over:
            opened = Tail(first, place)
            self._open[key] = opened, asyncio.create_task(opened.keep_reading(self.bell, topic, read))
        tail, reading = self._open[key]
        tail.watchers += 1
        try:
            yield tail
        finally:
            tail.watchers -= 1
            if not tail.watchers:
                if self._open.get(key, (None,))[0] is tail:
                    del self._open[key]
                reading.cancel()
                await asyncio.wait({reading})


async def give_way() -> None:
    """Let others have their turn, between two lines of a long replay.

    Where one turn of all others takes long, it waits four such turns, so that old lines cost a fifth of a busy loop,
    however many read them, and what happens now is told in time.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(0)
    turn_s = loop.time() - begun
    if turn_s > BUSY_S:
        await asyncio.sleep(min(4 * turn_s, LONGEST_PAUSE_S))
