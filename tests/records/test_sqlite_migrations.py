"""How a SQLite file comes to the version of this server."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from record_factories import make_image

from app.records.sqlite.connection import open_database
from app.records.sqlite.database import open_records
from app.records.sqlite.migrate import Migration, UnknownVersion, list_migrations, migrate, read_version

FIRST = Migration(1, "CREATE TABLE a (x INTEGER) STRICT;\n-- a note;\nINSERT INTO a VALUES (1);\n")
TRIGGER = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a;\n  SELECT 1;\nEND;\n"
SECOND = Migration(2, f"ALTER TABLE a ADD COLUMN y TEXT;\n{TRIGGER}UPDATE a SET y = 'two';")


def read_tables(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"))
    connection.close()
    return tables


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert [migration.version for migration in list_migrations()] == list(range(1, len(list_migrations()) + 1))


async def test_a_new_file_gets_every_table_and_the_newest_version(tmp_path: Path) -> None:
    path = tmp_path / "records.db"

    async with open_records(path) as records:
        version = await read_version(records.database)
        loose = await records.database.read(
            "SELECT name FROM pragma_table_list "
            "WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
        )

    assert version == list_migrations()[-1].version
    assert {"images", "flows", "uploads", "jobs", "job_items", "job_events", "users", "api_keys"} <= set(
        read_tables(path)
    )
    assert [row["name"] for row in loose] == []


async def test_a_current_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    async with open_records(path) as records:
        image = await records.images.add(make_image(), ())
    tables = read_tables(path)

    async with open_records(path) as records:
        found = await records.images.find(image.id)

    assert found == image
    assert read_tables(path) == tables


async def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    async with open_records(path) as records:
        newest = await read_version(records.database)
        await records.database.writer.execute_fetchall(f"PRAGMA user_version = {newest + 1}")
    tables = read_tables(path)

    with pytest.raises(UnknownVersion, match=f"version {newest + 1}; this server knows versions up to {newest}"):
        async with open_records(path):
            pytest.fail("it was opened")

    assert read_tables(path) == tables


async def test_makes_only_the_steps_that_are_missing(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.db") as database:
        await migrate(database, (FIRST,))
        await migrate(database, (FIRST, SECOND))
        await migrate(database, (FIRST, SECOND))

        rows = [tuple(row) for row in await database.read("SELECT x, y FROM a")]
        assert (rows, await read_version(database)) == ([(1, "two")], 2)


async def test_a_step_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    broken = Migration(2, "ALTER TABLE a ADD COLUMN y TEXT;\nINSERT INTO none VALUES (1);\n")

    async with open_database(tmp_path / "a.db") as database:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await migrate(database, (FIRST, broken))

        columns = [row["name"] for row in await database.read("SELECT name FROM pragma_table_info('a')")]
        assert (columns, await read_version(database)) == (["x"], 1)


async def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "records.db"

    async def open_and_check() -> int:
        async with open_records(path) as records:
            await records.check()
            return await read_version(records.database)

    versions = await asyncio.gather(*(open_and_check() for _ in range(8)))

    assert versions == [list_migrations()[-1].version] * 8


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"a photograph, perhaps" * 500)

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        async with open_records(path):
            pytest.fail("it was opened")

    assert path.read_bytes() == b"a photograph, perhaps" * 500


async def test_older_images_are_found_by_their_words_after_the_step(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    step = next(migration.version for migration in list_migrations() if "image_search" in migration.sql)
    async with open_database(path) as database:
        await migrate(database, tuple(older for older in list_migrations() if older.version < step))
        async with database.transaction() as transaction:
            for image_id, created_at in (("a", 5), ("b", 5), ("c", 4), ("d", 6)):
                values = (image_id, created_at)
                await transaction.fetch(
                    "INSERT INTO images (id, owner_id, title, state, format, width, height, byte_size, sha256, "
                    "frame_count, created_at, tags) "
                    "VALUES (?, 'o', 'Kite', 'READY', 'PNG', 1, 1, 1, '', 1, ?, '[\"sea\"]')",
                    values,
                )

    async with open_records(path) as records:
        found = await records.database.read(
            "SELECT image_id FROM image_search JOIN search_rows ON search_rows.id = image_search.rowid "
            'WHERE image_search MATCH \'"0kite" AND "1sea"\' ORDER BY image_search.rowid'
        )

    assert [row["image_id"] for row in found] == ["c", "a", "b", "d"]
