"""What a round of maintenance forgets of the records, and what it leaves."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.blobs.local import LocalStore
from app.data_dir import DataDir
from app.domain.audit import AuditEntry, AuditFilter, Door, new_audit_id
from app.domain.image import new_image_id
from app.domain.page import PageRequest
from app.domain.rate import NOBODY
from app.domain.share import KEPT_AFTER_END, Share, new_share_id
from app.domain.viewer import UserId
from app.records.sqlite.database import SqliteRecords, open_records
from app.services.maintenance import MaintenanceService
from tests.serving import RunningServer

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)
AGES = (SECOND, YEAR - SECOND, YEAR, YEAR + SECOND)


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqliteRecords]:
    async with open_records(tmp_path / "records.sqlite") as opened:
        yield opened


async def sweep(records: SqliteRecords, tmp_path: Path, audit_lifetime: timedelta | None = None) -> int:
    return await MaintenanceService(records, LocalStore(tmp_path / "objects"), lambda: NOW, (), audit_lifetime).sweep()


@pytest.mark.parametrize(("lifetime", "kept"), [(YEAR, AGES[:3]), (None, AGES)])
async def test_forgets_what_the_audit_log_has_kept_long_enough(
    records: SqliteRecords, tmp_path: Path, lifetime: timedelta | None, kept: tuple[timedelta, ...]
) -> None:
    for age in AGES:
        await records.audit.begin(AuditEntry(new_audit_id(), NOW - age, Door.REST, "share", NOBODY, "request"))

    await sweep(records, tmp_path, lifetime)

    entries = (await records.audit.list(AuditFilter(), PageRequest())).items
    assert tuple(NOW - entry.at for entry in entries) == kept


async def test_forgets_shares_some_time_after_their_end(records: SqliteRecords, tmp_path: Path) -> None:
    owner = UserId("user:owner")
    ends = (NOW + SECOND, NOW - SECOND, NOW - KEPT_AFTER_END, NOW - KEPT_AFTER_END - SECOND)
    began, image_id = NOW - YEAR, new_image_id()
    shares = [Share(new_share_id(), image_id, owner, "Harbour", "", created_at=began, expires_at=end) for end in ends]
    for share in shares:
        await records.shares.add(share)

    removed = await sweep(records, tmp_path)

    found = await records.shares.find_many([share.id for share in shares])
    assert removed == 1
    assert set(found) == {share.id for share in shares[:3]}


@pytest.mark.parametrize(("days", "kept"), [("1", 1), ("0", 2)])
def test_a_server_keeps_the_log_as_long_as_it_is_set(tmp_path: Path, days: str, kept: int) -> None:
    """The first round is gone as soon as it starts."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    asyncio.run(_keep_two_entries(DataDir(data_dir).database))
    server = RunningServer(data_dir, {"GF_AUDIT_DAYS": days})
    server.start()
    try:
        deadline = time.monotonic() + 30
        while _count(server) > kept and time.monotonic() < deadline:
            time.sleep(0.1)
        found = _count(server)
    finally:
        server.stop()

    assert found == kept


async def _keep_two_entries(path: Path) -> None:
    async with open_records(path) as opened:
        for age in (timedelta(hours=12), timedelta(days=2)):
            at = datetime.now(UTC) - age
            await opened.audit.begin(AuditEntry(new_audit_id(), at, Door.REST, "share", NOBODY, "request"))


def _count(server: RunningServer) -> int:
    count: int = server.graphql('{ auditLog(filter: {action: ["share"]}) { totalCount } }')["auditLog"]["totalCount"]
    return count
