"""What the audit log says of each way in which something can end, on a real database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.audit import AuditEntry, AuditFilter, Door, Outcome
from app.domain.error_code import ErrorCode
from app.domain.errors import Conflict, InsufficientStorage
from app.domain.page import PageRequest
from app.domain.rate import NOBODY
from app.records.sqlite.database import SqliteRecords, open_records
from app.services.audit import AuditService


@dataclass(frozen=True)
class FullDisk:
    """The records of the log on a disk that takes no more; all else is the real database's."""

    records: SqliteRecords
    takes_beginnings: bool

    async def begin(self, entry: AuditEntry) -> None:
        if not self.takes_beginnings:
            raise InsufficientStorage("The disk is full.")
        await self.records.audit.begin(entry)

    async def end(self, *_: object) -> None:
        raise InsufficientStorage("The disk is full.")


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqliteRecords]:
    async with open_records(tmp_path / "records.sqlite") as opened:
        yield opened


async def act(records: SqliteRecords, error: BaseException | None = None) -> list[str]:
    """Do something under the eyes of the log; return what was done."""
    done: list[str] = []
    service = AuditService(records, lambda: datetime.now(UTC))
    async with service.record(Door.GRAPHQL, "createFlow", NOBODY, "request", ("flow:sea",)) as account:
        done.append("it")
        account.name(["flow:sea", "job:1"])
        if error is not None:
            raise error
    return done


async def only_entry(records: SqliteRecords) -> AuditEntry:
    [entry] = (await records.audit.list(AuditFilter(), PageRequest())).items
    return entry


async def test_a_success_names_all_that_came_up(records: SqliteRecords) -> None:
    await act(records)

    entry = await only_entry(records)
    assert (entry.outcome, entry.error, entry.object_ids) == (Outcome.SUCCEEDED, None, ("flow:sea", "job:1"))


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (Conflict("Taken."), Outcome.REFUSED, ErrorCode.CONFLICT),
        (ZeroDivisionError(), Outcome.FAILED, ErrorCode.INTERNAL),
        (asyncio.CancelledError(), Outcome.UNKNOWN, None),
    ],
    ids=lambda value: str(value) or type(value).__name__,
)
async def test_tells_how_it_went_wrong(
    records: SqliteRecords, error: BaseException, outcome: Outcome, code: ErrorCode | None
) -> None:
    with pytest.raises(type(error)):
        await act(records, error)

    entry = await only_entry(records)
    assert (entry.outcome, entry.error) == (outcome, code)


async def test_nothing_is_done_that_cannot_be_kept(records: SqliteRecords) -> None:
    full = replace(records, audit=FullDisk(records, takes_beginnings=False))

    with pytest.raises(InsufficientStorage):
        await act(full)

    assert await records.audit.count(AuditFilter()) == 0


async def test_what_is_done_stays_done_when_its_end_cannot_be_kept(records: SqliteRecords) -> None:
    full = replace(records, audit=FullDisk(records, takes_beginnings=True))

    assert await act(full) == ["it"]

    assert (await only_entry(records)).outcome is Outcome.UNKNOWN
