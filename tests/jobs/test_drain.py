"""The drain on a real database: what becomes of an entry whose delivery goes well, fails, or is stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from app.domain.error_code import ErrorCode
from app.domain.errors import FetchFailed, Undeliverable
from app.domain.job import ItemError
from app.domain.outbox import OutboxEntry
from app.jobs.bell import LocalBell
from app.jobs.drain import LEASE_S, Drain, open_drain
from app.metering.prometheus import PrometheusMeter
from app.ports.records import Records
from app.ports.work import OUTBOX_TOPIC, OutboxHandler
from app.records.sqlite.database import open_records
from tests.metrics import parse_metrics

Deliver = Callable[[OutboxEntry], Awaitable[None]]


@dataclass
class PostOffice:
    """A database, a clock that the test holds, and a note of all that was tried and given up."""

    records: Records
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    bell: LocalBell = field(default_factory=LocalBell)
    meter: PrometheusMeter = field(default_factory=PrometheusMeter)
    attempts: list[tuple[str, int]] = field(default_factory=list)
    given_up: list[tuple[str, ItemError]] = field(default_factory=list)
    added: int = 0

    async def add(self, payload: str = "one", lane: str = "") -> OutboxEntry:
        self.added += 1  # what is added first is due first
        entry = OutboxEntry("MAIL", payload, self.now - timedelta(seconds=1) + timedelta(microseconds=self.added), lane)
        await self.records.outbox.add((entry,))
        return entry

    async def find(self, entry: OutboxEntry) -> OutboxEntry | None:
        return await self.records.outbox.find(entry.id)

    def drain(self, deliver: Deliver, **options: int) -> Drain:
        async def counted(entry: OutboxEntry) -> None:
            self.attempts.append((entry.payload, entry.attempts))
            await deliver(entry)

        async def give_up(entry: OutboxEntry, error: ItemError) -> None:
            self.given_up.append((entry.payload, error))

        handler = OutboxHandler(counted, (1, 60), give_up)
        return Drain(
            self.records,
            self.bell,
            {"MAIL": handler},
            lambda: self.now,
            self.meter,
            renew_s=0.01,
            jitter=lambda low, high: high,
            **options,
        )

    async def run(self, deliver: Deliver) -> bool:
        """Begin one delivery and wait for its end; tell whether there was one."""
        drain = self.drain(deliver)
        begun = await drain.begin_next()
        await asyncio.gather(*drain.lanes)
        return begun


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[PostOffice]:
    async with open_records(tmp_path / "records.sqlite") as records:
        yield PostOffice(records)


async def accept(_entry: OutboxEntry) -> None:
    """Take it."""


async def be_away(_entry: OutboxEntry) -> None:
    raise FetchFailed("Nobody is there.")


async def refuse(_entry: OutboxEntry) -> None:
    raise Undeliverable("There is no such receiver.")


async def fail(_entry: OutboxEntry) -> None:
    raise ZeroDivisionError


async def hang(_entry: OutboxEntry) -> None:
    await asyncio.Event().wait()


async def test_tells_when_there_is_nothing_to_deliver(office: PostOffice) -> None:
    assert await office.run(accept) is False


async def test_delivers_once_what_goes_well(office: PostOffice) -> None:
    entry = await office.add()

    assert [await office.run(accept), await office.run(accept)] == [True, False]

    assert office.attempts == [("one", 1)]
    assert await office.find(entry) is None
    readings = parse_metrics(generate_latest(office.meter.registry).decode())
    assert readings['gf_outbox_deliveries_total{code="OK",kind="MAIL"}'] == 1


async def test_tries_again_later(office: PostOffice) -> None:
    entry = await office.add()
    await office.run(be_away)

    too_early = await office.run(accept)
    waiting = await office.find(entry)
    office.now += timedelta(seconds=1)
    in_time = await office.run(accept)

    assert (too_early, in_time) == (False, True)
    assert waiting is not None
    assert waiting.error == ItemError(ErrorCode.FETCH_FAILED, "Nobody is there.")
    assert office.given_up == []


@pytest.mark.parametrize(("deliver", "code"), [(be_away, ErrorCode.FETCH_FAILED), (fail, ErrorCode.INTERNAL)])
async def test_gives_up_when_all_attempts_were_made(office: PostOffice, deliver: Deliver, code: ErrorCode) -> None:
    entry = await office.add()
    for _ in range(4):
        await office.run(deliver)
        office.now += timedelta(minutes=2)

    dead = await office.find(entry)
    assert office.attempts == [("one", 1), ("one", 2), ("one", 3)]
    assert dead is not None
    assert (dead.is_dead, dead.error and dead.error.code) == (True, code)
    assert [(payload, error.code) for payload, error in office.given_up] == [("one", code)]


async def test_gives_up_at_once_what_can_never_be_delivered(office: PostOffice) -> None:
    entry = await office.add()

    await office.run(refuse)

    dead = await office.find(entry)
    assert dead is not None
    assert (dead.is_dead, dead.attempts) == (True, 1)
    assert office.given_up == [("one", ItemError(ErrorCode.UNDELIVERABLE, "There is no such receiver."))]


async def test_gives_up_what_kills_each_process_that_tries_it(office: PostOffice) -> None:
    entry = await office.add()
    for _ in range(3):
        assert await office.records.outbox.claim(office.now, LEASE_S, ("MAIL",)) is not None
        office.now += timedelta(seconds=LEASE_S)

    await office.run(accept)

    dead = await office.find(entry)
    assert office.attempts == []
    assert dead is not None
    assert dead.is_dead
    assert [error.code for _, error in office.given_up] == [ErrorCode.UNDELIVERABLE]


async def test_keeps_its_lease_while_it_delivers(office: PostOffice) -> None:
    entry = await office.add()
    async with open_drain(office.drain(hang)):
        await _until(lambda: office.attempts == [("one", 1)])
        for _ in range(3):
            office.now += timedelta(seconds=LEASE_S * 0.9)
            await _until_due_later_than(office, entry, office.now + timedelta(seconds=LEASE_S * 0.95))

    assert office.attempts == [("one", 1)]


async def test_gives_back_what_it_cannot_finish(office: PostOffice) -> None:
    entry = await office.add()
    async with open_drain(office.drain(hang)):
        await _until(lambda: office.attempts == [("one", 1)])

    left = await office.find(entry)
    assert left is not None
    assert (left.attempts, left.error, left.due_at) == (0, None, office.now)


async def test_a_slow_receiver_holds_up_no_other(office: PostOffice) -> None:
    for number in range(5):
        await office.add(f"slow {number}", "slow")
    await office.add("quick", "quick")
    delivered = asyncio.Event()

    async def deliver(entry: OutboxEntry) -> None:
        if entry.lane == "slow":
            await hang(entry)
        delivered.set()

    async with open_drain(office.drain(deliver, places=4, per_lane=2)), asyncio.timeout(5):
        await delivered.wait()

    assert sorted(payload for payload, _ in office.attempts) == ["quick", "slow 0", "slow 1"]


async def test_goes_on_when_a_place_is_free(office: PostOffice) -> None:
    for number in range(20):
        await office.add(str(number), "one receiver")

    async with open_drain(office.drain(accept, places=2, per_lane=1)):
        await _until(lambda: len(office.attempts) == 20)

    assert [payload for payload, _ in office.attempts] == [str(number) for number in range(20)]


async def test_begins_when_the_bell_rings(office: PostOffice) -> None:
    async with open_drain(office.drain(accept)):
        await _until(lambda: OUTBOX_TOPIC in office.bell.topics)
        await office.add()
        await office.bell.ring(OUTBOX_TOPIC)
        await _until(lambda: office.attempts == [("one", 1)])


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


async def _until_due_later_than(office: PostOffice, entry: OutboxEntry, at: datetime) -> None:
    async with asyncio.timeout(5):
        while (found := await office.find(entry)) is None or found.due_at <= at:
            await asyncio.sleep(0.005)
