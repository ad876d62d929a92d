"""Images that are remembered: read once, and never older than the file."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from record_factories import make_image

from app.domain.image import ImageChanges
from app.records.sqlite.database import SqliteRecords, open_records


@pytest.fixture
async def reads(records: SqliteRecords) -> list[str]:
    """The statements that readers ran."""
    statements: list[str] = []
    for reader in records.database.readers:
        await reader.set_trace_callback(statements.append)
    return statements


async def test_reads_an_image_once(records: SqliteRecords, reads: list[str]) -> None:
    image = await records.images.add(make_image(), ())

    found = [await records.images.find(image.id) for _ in range(3)]

    assert found == [image] * 3
    assert len(reads) == 1


async def test_sees_what_was_written_since(records: SqliteRecords) -> None:
    image = await records.images.add(make_image(), ())
    assert await records.images.find(image.id) == image

    await records.images.update(image.id, ImageChanges(title="Harbour"))

    assert await records.images.find(image.id) == replace(image, title="Harbour")


async def test_sees_what_another_process_wrote(records: SqliteRecords, tmp_path: Path) -> None:
    image = await records.images.add(make_image(), ())
    assert await records.images.find(image.id) == image

    with sqlite3.connect(tmp_path / "records.db") as other:
        other.create_function("rank_words", 3, lambda title, *_: title)
        other.execute("UPDATE images SET title = 'Quay'")
    other.close()

    found = await records.images.find(image.id)
    assert found is not None
    assert found.title == "Quay"


async def test_sees_that_an_image_is_gone(records: SqliteRecords, tmp_path: Path) -> None:
    image = await records.images.add(make_image(), ())
    assert await records.images.find(image.id) == image

    async with open_records(tmp_path / "records.db") as other:
        await other.images.delete((image.id,))

    assert await records.images.find(image.id) is None


async def test_what_is_read_while_others_write_is_never_old(records: SqliteRecords) -> None:
    image = await records.images.add(make_image(), ())
    titles = [f"title {number}" for number in range(50)]
    written = [image.title]

    async def write() -> None:
        for title in titles:
            await records.images.update(image.id, ImageChanges(title=title))
            written.append(title)

    async def look() -> None:
        while written[-1] != titles[-1]:
            least = len(written) - 1
            found = await records.images.find(image.id)
            assert found is not None
            order = [image.title, *titles].index(found.title)
            assert order >= least
            await asyncio.sleep(0)  # what is remembered is found without a wait

    await asyncio.gather(write(), look(), look())
