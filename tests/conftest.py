"""What tests of every layer share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import RunningServer

CORPORA = Path(__file__).parent.parent.parent / "shared" / "corpora"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real photographs and hostile files, where it is beside the checkout."""
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not beside this checkout (../shared/corpora)")
    return CORPORA


@pytest.fixture
def running_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of the test's own, which it may kill and start again."""
    running = RunningServer(tmp_path / "data")
    running.start()
    yield running
    if running.process is not None:
        running.stop()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests that leave it as they found it, or mind nobody else's images."""
    running = RunningServer(tmp_path_factory.mktemp("shared") / "data")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def server(shared_server: RunningServer) -> str:
    """The base of the shared server's addresses."""
    return shared_server.url
