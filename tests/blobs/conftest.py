"""The stores that pass the contract, each empty."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.blobs.local import LocalStore
from app.blobs.s3.store import S3Store
from app.metering.blobs import MeteredBlobs
from app.metering.prometheus import PrometheusMeter
from app.ports.objects import BlobStore
from tests.s3_server import S3Server, open_test_store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def local(root: Path) -> LocalStore:
    return LocalStore(root)


@pytest.fixture
def metered(local: LocalStore) -> MeteredBlobs:
    return MeteredBlobs(local, PrometheusMeter())


@pytest.fixture
async def s3(s3_server: S3Server, tmp_path: Path) -> AsyncIterator[S3Store]:
    async with open_test_store(s3_server, s3_server.new_place(), tmp_path / "spool") as store:
        yield store


@pytest.fixture(params=["local", "metered", "s3"])
def store(request: pytest.FixtureRequest) -> BlobStore:
    """Every store in turn: a new one adds the name of its fixture."""
    made: BlobStore = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def make_chunks():
    """Return what makes a stream of chunks, in the end of which it may fail or do something."""

    async def chunks(*data: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
        for chunk in data:
            yield chunk
        if then is not None:
            raise then

    return chunks
