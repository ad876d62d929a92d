"""The databases that the record suites run on."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from index_judge import Judge, JudgedDatabase, indexes_of
from mongomock_motor import AsyncMongoMockClient

from app.ports.records import Records
from app.records.mongo.database import open_records as open_mongo
from app.records.mongo.database import use_database
from app.records.sqlite.database import open_records as open_sqlite
from tests.mongo_server import MongoServer, new_database

GIVEN = os.environ.get("GF_TEST_MONGODB_URL")
"""A server for tests, without a database: `mongodb://host:port`. Every suite runs on it, too."""

OVER_A_SOCKET = {
    "test_idempotency_records",
    "test_image_states",
    "test_job_concurrency",
    "test_job_leases",
    "test_job_settling",
    "test_outbox_records",
    "test_quota_records",
    "test_share_records",
    "test_upload_records",
}
"""The suites that take long enough, and have tasks enough, to run on the stand-in for a server, too."""

NEEDS_TURNS = {"test_job_concurrency"}
"""The suites in which tasks wait for each other: mongomock in the same process never lets another task go on."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `records` on each kind of database; suites that are named for SQLite, on that alone."""
    suite = metafunc.module.__name__.rpartition(".")[2]
    if "records" in metafunc.fixturenames and not hasattr(metafunc.module, "records"):
        mongo = [
            *(["mongomock"] if suite not in NEEDS_TURNS else []),
            *(["socket"] if suite in OVER_A_SOCKET else []),
            *(["mongodb"] if GIVEN else []),
        ]
        kinds = ["sqlite"] if suite.startswith("test_sqlite") else ["sqlite", *mongo]
        metafunc.parametrize("records", kinds, indirect=True)


@pytest.fixture
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Records]:
    """An empty database of each kind; every suite that asks for it is the contract of the port.

    `socket` is mongomock, too, but asked by the driver over a socket, by many tasks at once; `mongodb` is a real one.
    """
    async with _open(request, tmp_path / "records.db") as opened:
        yield opened


@asynccontextmanager
async def open_judged() -> AsyncIterator[Records]:
    """Open a database of mongomock, and hold all that it was asked against the indexes."""
    judge = Judge()
    async with use_database(JudgedDatabase(AsyncMongoMockClient()["gf"], judge)) as records:
        judge.indexes = indexes_of(records.collections)
        yield records
    assert judge.faults == []


def _open(request: pytest.FixtureRequest, path: Path) -> AbstractAsyncContextManager[Records]:
    match request.param:
        case "sqlite":
            return open_sqlite(path)
        case "mongomock":
            return open_judged()
        case "socket":
            server: MongoServer = request.getfixturevalue("mongo_server")
            return open_mongo(server.new_url())
        case _:
            assert GIVEN is not None
            return open_mongo(new_database(GIVEN))
