"""The stores that pass the contract, each empty."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.blobs.health import Health
from app.blobs.ipfs.store import IpfsStore
from app.blobs.local import LocalStore
from app.blobs.replicated import ReplicatedStore
from app.blobs.s3.store import S3Store
from app.metering.blobs import MeteredBlobs
from app.metering.prometheus import PrometheusMeter
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.records.sqlite.database import open_records
from tests.ipfs_node import IpfsNode, open_ipfs_store
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


@pytest.fixture
async def ipfs(ipfs_node: IpfsNode, tmp_path: Path) -> AsyncIterator[IpfsStore]:
    async with open_ipfs_store(ipfs_node, tmp_path / "ipfs-spool") as store:
        yield store


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    async with open_records(tmp_path / "records.sqlite") as opened:
        yield opened


@pytest.fixture
def local_and_local(local: LocalStore, records: Records, tmp_path: Path) -> ReplicatedStore:
    return replicate(records, disk=local, other=LocalStore(tmp_path / "other"))


@pytest.fixture
def local_and_s3(local: LocalStore, s3: S3Store, records: Records) -> ReplicatedStore:
    return replicate(records, local=local, s3=s3)


@pytest.fixture
def s3_and_local(local: LocalStore, s3: S3Store, records: Records) -> ReplicatedStore:
    return replicate(records, s3=s3, local=local)


@pytest.fixture
def local_and_ipfs(local: LocalStore, ipfs: IpfsStore, records: Records) -> ReplicatedStore:
    return replicate(records, local=local, ipfs=ipfs)


def replicate(records: Records, **stores: BlobStore) -> ReplicatedStore:
    return ReplicatedStore(stores, records, Health(stores, PrometheusMeter()), lambda: datetime.now(UTC))


ON_IPFS = [pytest.param(name, marks=pytest.mark.ipfs) for name in ("ipfs", "local_and_ipfs")]


@pytest.fixture(params=["local", "metered", "s3", "local_and_local", "local_and_s3", "s3_and_local", *ON_IPFS])
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
