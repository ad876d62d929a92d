"""A real S3 server for tests: the one that the environment names, or Ceph's gateway where it is installed."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aioboto3
import httpx
import pytest

from app.blobs.s3.client import S3Place, open_client
from app.blobs.s3.signing import S3Signer
from app.blobs.s3.store import S3Store

ROOT = Path(__file__).parent.parent
_numbers = count(1)


@dataclass(frozen=True)
class S3Server:
    """A running server. `settings` are the variables that lead a server or a store to it."""

    settings: dict[str, str]
    session: aioboto3.Session = field(default_factory=aioboto3.Session)

    def new_place(self) -> S3Place:
        """Return a bucket of the test's own, which is not made yet."""
        return S3Place(
            bucket=f"test-{os.getpid()}-{next(_numbers)}",
            region=self.settings["GF_S3_REGION"],
            endpoint_url=self.settings["GF_S3_ENDPOINT_URL"],
        )


@asynccontextmanager
async def open_test_store(server: S3Server, place: S3Place, folder: Path) -> AsyncIterator[S3Store]:
    """Hold a store in a new bucket."""
    async with open_client(server.session, place) as client:
        await client.create_bucket(Bucket=place.bucket)
        yield S3Store(client, place.bucket, S3Signer(client, place.bucket), folder)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server that checks signatures, which takes some seconds to start; GF_TEST_S3 names a file of settings of
    one that runs already, as `scripts/services s3 start` prints them."""
    if given := os.environ.get("GF_TEST_S3"):
        text = Path(given).read_text(encoding="utf-8")
        stop = None
    elif shutil.which("radosgw") is None:
        pytest.skip("Ceph's radosgw is not installed (scripts/services s3 start installs it)")
    else:
        environment = {**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("s3"))}
        stop = environment
        text = _services("start", environment)
    settings = dict(line.split("=", 1) for line in text.split())
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, settings[name])
        yield S3Server(settings)
    if stop is not None:
        _services("stop", stop)


class Gateway:
    """The process that answers for a server, which a test may stop alone: what the server keeps, stays."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.url = settings["GF_S3_ENDPOINT_URL"]
        self.command, self.pid = self._find()
        self._started: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        if self._started is not None:
            self._started.wait(30)
        while self._answers():
            time.sleep(0.05)

    def start(self) -> None:
        """Start it anew and return when it answers."""
        self._started = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self._started.pid
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, "the gateway did not start again"
            time.sleep(0.1)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def end(self) -> None:
        """End what was started here."""
        if self._started is not None:
            self._started.kill()
            self._started.wait(30)

    def _answers(self) -> bool:
        try:
            httpx.get(self.url, timeout=2)
        except httpx.HTTPError:
            return False
        return True

    def _find(self) -> tuple[list[str], int]:
        """Return how the gateway behind the address was called, and its process."""
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = [part.decode() for part in (folder / "cmdline").read_bytes().split(b"\0") if part]
                if command and command[0].endswith("radosgw") and self._is_of(command):
                    return command, int(folder.name)
        pytest.skip(f"no radosgw of this machine answers at {self.url}")

    def _is_of(self, command: list[str]) -> bool:
        configuration = Path(command[command.index("-c") + 1]).read_text(encoding="utf-8")
        return f"endpoint={self.url.rpartition('/')[2]}" in configuration


@pytest.fixture(scope="session")
def s3_gateway(s3_server: S3Server) -> Iterator[Gateway]:
    """The process before the server, for tests that stop it, and start it again before they end."""
    gateway = Gateway(s3_server.settings)
    yield gateway
    gateway.end()


def _services(action: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        ["scripts/services", "s3", action], cwd=ROOT, env=environment, check=True, text=True, stdout=subprocess.PIPE
    ).stdout
