"""The command that copies records to another database, as an operator meets it: also killed in the middle."""

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pymongo
import pytest

from app.data_dir import DataDir
from app.domain.outbox import OutboxEntry
from app.ports.records import Records
from app.records.mongo.database import open_records as open_mongo
from app.records.sqlite.database import open_records as open_sqlite
from tests.mongo_server import MongoServer

ROOT = Path(__file__).parent.parent.parent
ENTRIES = 6_000
TIMEOUT_S = 60


def command(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GF_")}
    line = [sys.executable, "-m", "app", "migrate-records", *arguments]
    return subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def migrate(*arguments: str) -> tuple[int, str, str]:
    """Return the exit code and what was said."""
    process = command(*arguments)
    out, err = process.communicate(timeout=TIMEOUT_S)
    return process.returncode, out, err


async def owe_much(records: Records) -> None:
    """Keep more than is copied in one batch."""
    entries = [OutboxEntry("MAIL", f"mail {place}", datetime(2026, 3, 1, tzinfo=UTC)) for place in range(ENTRIES)]
    await records.outbox.add(entries)


def fill_folder(folder: Path) -> str:
    async def fill() -> None:
        async with open_sqlite(DataDir(folder).database) as records:
            await owe_much(records)

    DataDir(folder).create()
    asyncio.run(fill())
    return str(folder)


def fill_database(url: str) -> str:
    async def fill() -> None:
        async with open_mongo(url) as records:
            await owe_much(records)

    asyncio.run(fill())
    return url


def place_in_folder(folder: str) -> str | None:
    """Return where the copy into a folder is."""
    try:
        with closing(sqlite3.connect(f"file:{DataDir(Path(folder)).database}?mode=ro", uri=True)) as connection:
            return str(connection.execute("SELECT place FROM record_copy").fetchone()[0])
    except sqlite3.OperationalError:
        return None


def place_in_database(url: str) -> str | None:
    with pymongo.MongoClient(url) as client:
        state = client.get_default_database()["meta"].find_one({"_id": "copy"})
    return state["place"]["table"] if state and state["place"] else None


def kill_when(process: subprocess.Popen[str], has_come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not has_come():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
    process.kill()
    process.communicate(timeout=TIMEOUT_S)


@pytest.mark.parametrize("direction", ["to MongoDB", "to SQLite"])
def test_goes_on_after_it_was_killed_in_the_middle(tmp_path: Path, mongo_server: MongoServer, direction: str) -> None:
    url, folder = mongo_server.new_url(), tmp_path / "data"
    to_mongo = direction == "to MongoDB"
    source, target = (fill_folder(folder), url) if to_mongo else (fill_database(url), str(folder))
    place = place_in_database if to_mongo else place_in_folder
    process = command(source, target)
    kill_when(process, lambda: place(target) == "outbox")
    broken_off = place(target)

    code, out, err = migrate(source, target)

    assert broken_off == "outbox"
    assert (code, err) == (0, ""), out
    assert re.search(rf"\boutbox\W+{ENTRIES}\b", out)
    assert out.splitlines()[-1] == "Both databases hold the same."
    assert place(target) is None


def test_names_what_is_wrong_in_one_line(tmp_path: Path, mongo_server: MongoServer) -> None:
    url, empty = mongo_server.new_url(), str(tmp_path / "empty")
    (tmp_path / "file").write_text("no folder")
    address = "mongodb://ada:geheim@127.0.0.1"
    for source, target, said in (
        (empty, url, f"NOT_FOUND: There are no records in the folder {empty}."),
        (empty, f"{empty}/../empty", "INVALID_INPUT: The records cannot be copied to where they are."),
        (url, url.replace("mongodb://", "mongodb://ada:geheim@"), "INVALID_INPUT: The records cannot be copied to"),
        (url, empty, "NOT_FOUND: There are no records in the database of the source."),
        (address, empty, "INVALID_INPUT: A database cannot be found: the address must name a database"),
        (fill_small(tmp_path / "data"), str(tmp_path / "file"), "INVALID_INPUT: The folder"),
        (str(tmp_path / "data"), "mongodb://127.0.0.1:1/gf", "DATABASE_UNAVAILABLE: "),
    ):
        code, out, err = migrate(source, target)

        assert (code, out) == (2, ""), (source, target)
        assert err.startswith(said)
        assert err.count("\n") == 1
        assert "geheim" not in err


def fill_small(folder: Path) -> str:
    async def fill() -> None:
        async with open_sqlite(DataDir(folder).database):
            pass

    DataDir(folder).create()
    asyncio.run(fill())
    return str(folder)


def test_does_not_begin_while_a_server_works_on_the_folder(tmp_path: Path, mongo_server: MongoServer) -> None:
    folder = fill_small(tmp_path / "data")
    with DataDir(Path(folder)).presence() as presence:
        presence.share()

        code, _, err = migrate(folder, mongo_server.new_url())

    assert code == 2
    assert err == f"CONFLICT: A server works on the folder {folder}; stop it first.\n"


def test_a_server_does_not_start_on_half_a_copy(tmp_path: Path) -> None:
    folder = fill_small(tmp_path / "data")
    with closing(sqlite3.connect(DataDir(Path(folder)).database)) as connection:
        connection.execute("CREATE TABLE record_copy (origin TEXT)")
    environment = {"GF_DATA_DIR": folder, "PATH": os.environ["PATH"]}

    done = subprocess.run(
        [sys.executable, "-m", "app", "serve", "--port", "0"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )

    assert done.returncode == 2
    assert done.stderr == (
        "CONFLICT: A copy into this database is not finished; call gf-images migrate-records once more.\n"
    )
