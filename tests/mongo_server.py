"""A server for tests that speaks as MongoDB does: a stand-in, in a process of its own."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.redis_server import free_port

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 30
_numbers = itertools.count(1)


@dataclass
class MongoServer:
    """A stand-in (see `mongo_commands`), which tests may kill, freeze and start again: it keeps what it answered."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def new_url(self) -> str:
        """Return the address of a database that is empty."""
        return new_database(self.base)

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        command = [sys.executable, "-m", "tests.mongo_wire", str(self.port), str(self.folder)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the stand-in for MongoDB did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def freeze(self) -> None:
        """Let it answer nothing, though it takes connections."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


def new_database(base: str) -> str:
    """Return the address of a database of a test's own on a server."""
    return f"{base.rstrip('/')}/test-{os.getpid()}-{next(_numbers)}"


def run_stand_in(folder: Path) -> Iterator[MongoServer]:
    server = MongoServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """One stand-in for all tests that leave it running."""
    yield from run_stand_in(tmp_path_factory.mktemp("mongo"))


@pytest.fixture
def own_mongo(tmp_path: Path) -> Iterator[MongoServer]:
    """A stand-in that the test may kill and freeze."""
    folder = tmp_path / "mongo"
    folder.mkdir()
    yield from run_stand_in(folder)
