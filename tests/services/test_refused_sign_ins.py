"""How much of refused sign-ins is kept, whoever tries, and however often."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.audit import AuditEntry, AuditFilter, Door, Outcome
from app.domain.error_code import ErrorCode
from app.domain.errors import InsufficientStorage
from app.domain.page import PageRequest
from app.domain.rate import Caller
from app.records.sqlite.database import SqliteRecords, open_records
from app.services.refused_sign_ins import MAX_ENTRIES, WINDOW, RefusedSignIns

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass
class Watch:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


class FullDisk:
    """The records of the log on a disk that takes no more."""

    async def begin(self, _entry: AuditEntry) -> None:
        raise InsufficientStorage("The disk is full.")


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqliteRecords]:
    async with open_records(tmp_path / "records.sqlite") as opened:
        yield opened


async def test_keeps_an_address_once_an_hour(records: SqliteRecords) -> None:
    watch = Watch()
    refused = RefusedSignIns(records, watch)

    for minutes in (0, 1, 59, 60, 61):
        watch.at = NOON + timedelta(minutes=minutes)
        for address in ("192.0.2.1", "192.0.2.2"):
            await refused.keep(Door.GRAPHQL, address, "request")

    entries = (await records.audit.list(AuditFilter(), PageRequest())).items
    kept = sorted((entry.at, entry.actor.address) for entry in entries)
    assert kept == [(NOON + delay, f"192.0.2.{n}") for delay in (timedelta(0), WINDOW) for n in (1, 2)]
    assert {(entry.action, entry.outcome, entry.error) for entry in entries} == {
        ("signIn", Outcome.REFUSED, ErrorCode.UNAUTHENTICATED)
    }
    assert entries[0].actor == Caller(None, None, entries[0].actor.address)


async def test_keeps_so_many_addresses_an_hour_and_says_once_that_there_are_more(
    records: SqliteRecords, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch()
    refused = RefusedSignIns(records, watch)

    with caplog.at_level(logging.WARNING):
        for number in range(3 * MAX_ENTRIES):
            await refused.keep(Door.REST, f"2001:db8:{number:x}::", "request")
    full = await records.audit.count(AuditFilter())
    watch.at = NOON + WINDOW
    await refused.keep(Door.REST, "2001:db8:ffff::", "request")

    assert (full, await records.audit.count(AuditFilter())) == (MAX_ENTRIES, MAX_ENTRIES + 1)
    assert len(caplog.records) == 1


async def test_a_full_disk_is_no_matter_of_who_signs_in(
    records: SqliteRecords, caplog: pytest.LogCaptureFixture
) -> None:
    refused = RefusedSignIns(replace(records, audit=FullDisk()), Watch())

    await refused.keep(Door.SESSION, "192.0.2.1", "request")

    assert [record.message for record in caplog.records] == ["refused sign-in not kept"]
