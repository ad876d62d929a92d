"""What the tests of the REST routes share."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.origins import Origin, open_origin, whole
from tests.pictures import make_picture
from tests.rest.old_client import OldClient
from tests.serving import RunningServer


@dataclass(frozen=True)
class Made:
    """An image that was made by REST, with its bytes."""

    image_id: str
    job_id: str
    data: bytes


@pytest.fixture
def old(shared_server: RunningServer) -> OldClient:
    return OldClient(shared_server)


@pytest.fixture
def signed_out(shared_server: RunningServer) -> OldClient:
    return OldClient(shared_server, key=None)


@pytest.fixture(scope="session")
def made(shared_server: RunningServer) -> Made:
    """A finished image of the flow `old_flow`."""
    data = make_picture("JPEG", (1200, 900), seed=501)
    image_id, job_id = OldClient(shared_server).upload(data, f="old_flow, second", imgn="harbour.jpg")
    shared_server.watch_to_end(job_id)
    return Made(image_id, job_id, data)


@pytest.fixture(scope="session")
def fetching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldClient]:
    """A signed-in client of a server that may fetch from loopback."""
    server = RunningServer(tmp_path_factory.mktemp("fetching") / "data", {"GF_FETCH_ALLOW_CIDRS": "127.0.0.0/8"})
    server.start()
    yield OldClient(server)
    server.stop()


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    """Two pictures on loopback."""
    pages = {f"/{name}": whole(make_picture(seed=seed)) for seed, name in enumerate(("sea.jpg", "a,b.jpg"), 540)}
    with open_origin(pages) as found:
        yield found
