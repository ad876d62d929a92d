"""The end of a log that many watch."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from app.domain.errors import DatabaseUnavailable
from app.jobs.bell import LocalBell
from app.services.tails import BUSY_S, KEPT, Piece, Tail, Tails, give_way

TOPIC = "log"


@dataclass(frozen=True)
class Line:
    sequence: int


@dataclass
class Log:
    """A log that counts how often it is read."""

    lines: list[Line] = field(default_factory=list)
    is_over: bool = False
    reads: int = 0
    fault: Exception | None = None

    def write(self, count: int = 1) -> None:
        self.lines += [Line(len(self.lines) + number + 1) for number in range(count)]

    async def read(self, place: int) -> Piece[str, Line]:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        lines = tuple(self.lines[place : place + 100])
        return Piece("subject", lines, is_over=self.is_over and not lines)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def bell() -> LocalBell:
    return LocalBell()


@pytest.fixture
def tails(bell: LocalBell) -> Tails[str, Line]:
    return Tails(bell)


async def watch(tails: Tails[str, Line], log: Log, place: int = 0) -> list[int]:
    """Return the places of all lines behind one, in the order in which they were told."""
    told = []
    async with tails.hold("log", TOPIC, log.read, Piece("subject", ()), place) as tail:
        while True:
            lines = tail.since(place)
            assert lines is not None
            told += [line.sequence for line in lines]
            if lines:
                place = told[-1]
            elif tail.is_over:
                return told
            else:
                await tail.wait()


async def test_a_line_is_read_once_for_all(tails: Tails[str, Line], bell: LocalBell, log: Log) -> None:
    watching = [asyncio.create_task(watch(tails, log)) for _ in range(50)]
    for _ in range(20):
        log.write()
        await bell.ring(TOPIC)
        await asyncio.sleep(0.002)
    log.is_over = True
    await bell.ring(TOPIC)

    assert await asyncio.gather(*watching) == [list(range(1, 21))] * 50
    assert log.reads <= 2 * 22  # each ring is followed by one more look, whoever watches


async def test_waiting_costs_no_watcher_a_read(tails: Tails[str, Line], log: Log) -> None:
    watching = [asyncio.create_task(watch(tails, log)) for _ in range(50)]
    await asyncio.sleep(0.1)

    assert log.reads == 1
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


async def test_who_is_further_back_than_is_kept_is_told(tails: Tails[str, Line], bell: LocalBell, log: Log) -> None:
    async with tails.hold("log", TOPIC, log.read, Piece("subject", ()), 0) as tail:
        log.write(KEPT + 10)
        await bell.ring(TOPIC)
        while (newest := tail.since(KEPT + 9)) != (Line(KEPT + 10),):
            assert newest == ()
            await tail.wait()

        assert tail.since(9) is None
        assert tail.since(10) == tuple(log.lines[10:])


async def test_a_failure_is_everybodys_and_the_next_one_reads_anew(
    tails: Tails[str, Line], bell: LocalBell, log: Log
) -> None:
    log.write()
    watching = [asyncio.create_task(watch(tails, log)) for _ in range(3)]
    await asyncio.sleep(0.01)
    log.fault = DatabaseUnavailable("away")
    await bell.ring(TOPIC)

    assert [type(end) for end in await asyncio.gather(*watching, return_exceptions=True)] == [DatabaseUnavailable] * 3
    log.fault, log.is_over = None, True
    assert await watch(tails, log) == [1]


async def test_nothing_is_read_when_the_last_one_has_gone(tails: Tails[str, Line], bell: LocalBell, log: Log) -> None:
    first: Tail[str, Line]
    async with tails.hold("log", TOPIC, log.read, Piece("subject", ()), 0) as first:
        async with tails.hold("log", TOPIC, log.read, Piece("subject", ()), 0) as second:
            assert second is first
        await asyncio.sleep(0.01)
        assert bell.topics == {TOPIC}

    assert bell.topics == set()
    reads = log.reads
    await bell.ring(TOPIC)
    await asyncio.sleep(0.01)
    assert log.reads == reads


async def test_a_replay_takes_a_fifth_of_a_busy_loop() -> None:
    turns = 0
    is_over = False

    async def keep_busy() -> None:
        nonlocal turns
        while not is_over:
            turns += 1
            await asyncio.sleep(0)
            begun = time.thread_time()
            while time.thread_time() - begun < 2 * BUSY_S:
                pass

    busy = asyncio.create_task(keep_busy())
    for _ in range(20):
        await give_way()
    is_over = True
    await busy

    assert turns > 20 * 3
