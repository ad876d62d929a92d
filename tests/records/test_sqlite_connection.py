"""What SQLite promises beyond the contract: transactions, readers beside the writer, other processes."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_factories import NOW, add_job, after, make_image, make_upload

from app.domain.errors import Busy
from app.domain.upload import UploadMetrics
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.database import SqliteRecords, open_records
from app.records.sqlite.rows import from_micros, to_micros

SLOW = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
"""A query without an end."""


async def insert_metric(transaction: Transaction, image_id: str) -> None:
    await transaction.fetch(
        "INSERT INTO upload_metrics (image_id, duration_ms, transfer_ms, at) VALUES (?, 1.0, 1.0, 1)", (image_id,)
    )


async def count_metrics(database: Database) -> int:
    [row] = await database.read("SELECT count(*) AS rows FROM upload_metrics")
    return int(row["rows"])


def read_modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_writes_ahead_and_syncs_every_commit(records: SqliteRecords) -> None:
    pragmas = [
        (await records.database.writer.execute_fetchall(f"PRAGMA {name}"))[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]

    assert pragmas == ["wal", 2, 1]


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.db"

    async with open_records(path):
        modes = read_modes(tmp_path)

    assert modes == {"records.db": 0o600, "records.db-wal": 0o600, "records.db-shm": 0o600}


async def test_a_failed_transaction_changes_nothing(records: SqliteRecords) -> None:
    async def write() -> None:
        async with records.database.transaction() as transaction:
            await insert_metric(transaction, "a")
            raise KeyError

    with pytest.raises(KeyError):
        await write()

    assert await count_metrics(records.database) == 0


async def test_a_broken_statement_undoes_those_before_it(records: SqliteRecords) -> None:
    async def write() -> None:
        async with records.database.transaction() as transaction:
            await insert_metric(transaction, "a")
            await transaction.fetch("INSERT INTO health (id, checks) VALUES (2, 0)")

    with pytest.raises(sqlite3.IntegrityError):
        await write()

    assert await count_metrics(records.database) == 0


async def test_a_cancelled_transaction_changes_nothing_and_frees_the_writer(records: SqliteRecords) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with records.database.transaction() as transaction:
            await insert_metric(transaction, "a")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await count_metrics(records.database) == 0
    await records.check()


async def test_a_write_that_is_cancelled_anywhere_happened_whole_or_not_at_all(records: SqliteRecords) -> None:
    for turns in range(40):
        image = make_image(tags=("a", "b"))
        task = asyncio.create_task(records.images.add(image, ()))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        await records.check()
        tags = await records.database.read("SELECT tag FROM image_tags WHERE image_id = ?", (image.id,))
        assert len(tags) == (0 if await records.images.find(image.id) is None else 2)


async def test_reads_do_not_wait_for_the_writer(records: SqliteRecords) -> None:
    job, _ = await add_job(records)

    async with records.database.transaction() as transaction:
        await insert_metric(transaction, "a")
        found = await asyncio.wait_for(records.jobs.find(job.id), timeout=5)
        unseen = await count_metrics(records.database)

    assert found == job
    assert (unseen, await count_metrics(records.database)) == (0, 1)


async def test_readers_cannot_write(records: SqliteRecords) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await records.database.read("UPDATE health SET checks = 7")


async def test_more_readers_than_connections_are_all_served(records: SqliteRecords) -> None:
    image = await records.images.add(make_image(), ())

    found = await asyncio.gather(*(records.images.find(image.id) for _ in range(100)))

    assert found == [image] * 100


async def test_a_cancelled_read_frees_its_connection(records: SqliteRecords) -> None:
    for _ in range(2 * len(records.database.readers)):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(records.database.read(SLOW), timeout=0.02)

    assert await asyncio.wait_for(count_metrics(records.database), timeout=5) == 0


async def test_a_write_waits_for_another_process(records: SqliteRecords, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(records.uploads.add(make_upload()))
    done, _ = await asyncio.wait({task}, timeout=0.3)

    other.execute("COMMIT")
    other.close()

    assert not done
    await asyncio.wait_for(task, timeout=5)


async def test_says_busy_when_another_process_writes_for_too_long(tmp_path: Path) -> None:
    async with open_records(tmp_path / "records.db", busy_timeout_s=0.05) as records:
        other = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        upload = make_upload()

        with pytest.raises(Busy):
            await records.uploads.add(upload)
        with pytest.raises(Busy):
            await records.check()
        found = await records.uploads.find(upload.image_id)
        other.execute("COMMIT")
        other.close()

        assert found is None
        await records.uploads.add(upload)
        assert await records.uploads.find(upload.image_id) == upload


async def test_two_openings_of_one_file_claim_disjoint_items(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    async with open_records(path) as first, open_records(path) as second:
        await add_job(first, 60)

        async def claim_all(records: SqliteRecords) -> list[int]:
            positions = []
            while (claim := await records.jobs.claim(NOW, 30)) is not None:
                positions.append(claim.item.position)
            return positions

        shares = await asyncio.gather(*(claim_all(records) for records in (first, second, first, second)))

    assert sorted(position for share in shares for position in share) == list(range(60))
    assert all(shares)


async def test_one_opening_sees_what_the_other_wrote(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    async with open_records(path) as first, open_records(path) as second:
        image = await first.images.add(make_image(), ())

        assert await second.images.find(image.id) == image


async def test_keeps_metrics_of_uploads(records: SqliteRecords) -> None:
    await records.uploads.add_metrics(UploadMetrics(make_image().id, "web", 1500.25, 0), after(1))

    [row] = await records.database.read("SELECT client_type, duration_ms, transfer_ms, at FROM upload_metrics")

    assert tuple(row) == ("web", 1500.25, 0.0, to_micros(after(1)))


async def test_check_fails_when_the_file_cannot_be_written(records: SqliteRecords) -> None:
    await records.database.writer.execute_fetchall("PRAGMA query_only = ON")

    with pytest.raises(sqlite3.OperationalError):
        await records.check()


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_times_round_trip_exactly(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros
