"""What the tests of the REST routes share."""

from dataclasses import dataclass

import pytest

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
