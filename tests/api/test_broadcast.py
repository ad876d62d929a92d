"""Listeners of the same log: who is told together, who is not, and what becomes of the slow."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from schema.broadcast import DIRECTLY, KEPT, TOLD_AT_ONCE, Broadcasts, Told
from schema.documents import asked_of_a_log

LONG_AGO = timedelta(hours=1)


class Log:
    """A log that grows, and streams of it that count what they yielded."""

    def __init__(self) -> None:
        self.ages: list[timedelta] = []
        self.is_over = False
        self.grown = asyncio.Condition()
        self.told = 0
        self.open_streams = 0

    async def grow(self, count: int = 1, age: timedelta = timedelta()) -> None:
        async with self.grown:
            self.ages += [age] * count
            self.grown.notify_all()

    async def end(self) -> None:
        async with self.grown:
            self.is_over = True
            self.grown.notify_all()

    async def stream(self, begin: int = 0) -> AsyncGenerator[ExecutionResult]:
        self.open_streams += 1
        try:
            for number in range(begin, 10**6):
                async with self.grown:
                    await self.grown.wait_for(lambda number=number: self.is_over or number < len(self.ages))
                if number >= len(self.ages):
                    return
                self.told += 1
                at = datetime.now(UTC) - self.ages[number]
                yield ExecutionResult(data=Told({"number": number}, f"e{number}", at), errors=None)
        finally:
            self.open_streams -= 1


def _number(result: ExecutionResult) -> int:
    return orjson.loads(orjson.dumps(result.data))["number"]


async def _take(reader: AsyncGenerator[ExecutionResult], count: int) -> list[int]:
    return [_number(await anext(reader)) for _ in range(count)]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def broadcasts() -> Broadcasts:
    return Broadcasts()


async def test_an_event_is_executed_once_for_all_readers(log: Log, broadcasts: Broadcasts) -> None:
    readers = [broadcasts.share("key", log.stream()) for _ in range(10)]
    await log.grow()
    first = [await _take(reader, 1) for reader in readers]
    # Where it goes over, a reader goes to what comes next.
    await log.grow()
    second = [await _take(reader, 1) for reader in readers]
    told = log.told

    await log.grow(20)
    rest = [await _take(reader, 20) for reader in readers]

    assert (first, second, rest) == ([[0]] * 10, [[1]] * 10, [list(range(2, 22))] * 10)
    assert (log.told - told, log.open_streams) == (20, 1)
    for reader in readers:
        await reader.aclose()


async def test_who_asks_something_else_has_a_stream_of_its_own(log: Log, broadcasts: Broadcasts) -> None:
    readers = [broadcasts.share(key, log.stream()) for key in ("one", "other")]
    await log.grow(5)

    assert [await _take(reader, 5) for reader in readers] == [[0, 1, 2, 3, 4]] * 2
    assert (log.told, log.open_streams) == (10, 2)
    for reader in readers:
        await reader.aclose()


async def test_what_is_replayed_is_not_shared(log: Log, broadcasts: Broadcasts) -> None:
    readers = [broadcasts.share("key", log.stream()) for _ in range(3)]
    await log.grow(5, age=LONG_AGO)

    assert [await _take(reader, 5) for reader in readers] == [[0, 1, 2, 3, 4]] * 3
    assert (log.told, log.open_streams) == (15, 3)
    for reader in readers:
        await reader.aclose()


async def test_one_who_comes_late_misses_and_repeats_nothing(log: Log, broadcasts: Broadcasts) -> None:
    early = broadcasts.share("key", log.stream())
    await log.grow(3)
    await _take(early, 3)
    late = broadcasts.share("key", log.stream())
    comer_back = broadcasts.share("key", log.stream(begin=2))
    await log.grow(3)
    await log.end()

    assert [_number(result) async for result in late] == [0, 1, 2, 3, 4, 5]
    assert [_number(result) async for result in comer_back] == [2, 3, 4, 5]
    assert [_number(result) async for result in early] == [3, 4, 5]
    assert log.open_streams == 0


async def test_the_others_go_on_when_the_first_leaves(log: Log, broadcasts: Broadcasts) -> None:
    first, second = (broadcasts.share("key", log.stream()) for _ in range(2))
    await log.grow()
    await _take(first, 1)
    await _take(second, 1)
    await log.grow()
    await _take(first, 1)
    await _take(second, 1)

    await first.aclose()
    await log.grow()

    assert await _take(second, 1) == [2]
    await second.aclose()
    assert log.open_streams == 0


async def test_a_slow_reader_is_told_that_it_lagged(log: Log, broadcasts: Broadcasts) -> None:
    slow, quick = (broadcasts.share("key", log.stream()) for _ in range(2))
    await log.grow(2)
    await _take(slow, 2)
    await _take(quick, 2)
    await log.grow(KEPT + 2)
    async with aclosing(quick):
        # A quick reader has its turn after each event; the slow one has none.
        for _ in range(KEPT + 2):
            await anext(quick)

        results = [result async for result in slow]

    assert [result.errors[0].extensions for result in results] == [{"code": "LAGGED"}]


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("subscription ($after: String) { jobStatus(jobId: 1, after: $after) { cursor } }", True),
        (
            "subscription ($after: String) { jobStatus(jobId: 1, after: $after) { job { events(after: $after) } } }",
            False,
        ),
        ("subscription ($after: ID!) { jobStatus(jobId: $after) { cursor } }", False),
    ],
)
def test_where_it_begins_is_no_part_of_what_is_asked(query: str, same: bool) -> None:
    first, second = (asked_of_a_log(query, None, {"after": cursor}) for cursor in ("e1", "e2"))

    assert (first == second) is same


class Directly:
    """A reader that is told without being woken, while it can be."""

    def __init__(self, broadcasts: Broadcasts, log: Log) -> None:
        self.can_be_told = True
        self.told: list[int] = []
        self.seen: list[int] = []
        """What it was told, and what it read by itself."""
        self.reading = asyncio.create_task(self._read(broadcasts, log))

    async def _read(self, broadcasts: Broadcasts, log: Log) -> None:
        DIRECTLY.set(self._tell)
        async with aclosing(broadcasts.share("key", log.stream())) as results:
            async for result in results:
                self.seen.append(_number(result))

    def _tell(self, payload: bytes) -> bool:
        if self.can_be_told:
            number = orjson.loads(payload)["data"]["number"]
            self.told.append(number)
            self.seen.append(number)
        return self.can_be_told


async def _settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_readers_are_told_without_being_woken(log: Log, broadcasts: Broadcasts) -> None:
    readers = [Directly(broadcasts, log) for _ in range(TOLD_AT_ONCE + 5)]
    for _ in range(5):
        await log.grow()
        await _settle()
    await log.end()
    await asyncio.gather(*(reader.reading for reader in readers))

    assert [reader.seen for reader in readers] == [[0, 1, 2, 3, 4]] * len(readers)
    assert [reader.told[-3:] for reader in readers] == [[2, 3, 4]] * len(readers)
    assert log.open_streams == 0


async def test_who_cannot_be_told_reads_by_itself_and_misses_nothing(log: Log, broadcasts: Broadcasts) -> None:
    reader, other = Directly(broadcasts, log), Directly(broadcasts, log)
    for number in range(12):
        reader.can_be_told = number not in (4, 5, 8)
        await log.grow(1 + number % 2)
        # Sometimes the next comes before it has been woken.
        await (asyncio.sleep(0) if number % 3 else _settle())
    await _settle()
    other.reading.cancel()
    await asyncio.wait({other.reading})
    await log.end()
    await reader.reading

    assert reader.seen == list(range(18))
    assert 0 < len(reader.told) < 17
    assert log.open_streams == 0


async def test_an_event_with_errors_is_not_told_directly(broadcasts: Broadcasts) -> None:
    failed = ExecutionResult(data=Told({"number": 2}, "e2", datetime.now(UTC)), errors=[GraphQLError("no")])
    news: asyncio.Queue[ExecutionResult | None] = asyncio.Queue()

    async def stream() -> AsyncGenerator[ExecutionResult]:
        while (result := await news.get()) is not None:
            yield result

    told: list[bytes] = []
    DIRECTLY.set(lambda payload: not told.append(payload))
    reader = broadcasts.share("key", stream())
    results = asyncio.create_task(_all_of(reader))
    for result in (ExecutionResult(data=Told({"number": 1}, "e1", datetime.now(UTC)), errors=None), failed, None):
        news.put_nowait(result)
        await _settle()

    assert [result.errors for result in await results] == [None, failed.errors]
    assert told == []


async def _all_of(reader: AsyncGenerator[ExecutionResult]) -> list[ExecutionResult]:
    return [result async for result in reader]
