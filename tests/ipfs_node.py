"""A real node of IPFS for tests: the one that the environment names, or js-ipfs where it was installed before."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from app.blobs.ipfs.node import open_node
from app.blobs.ipfs.store import IpfsStore

ROOT = Path(__file__).parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
INSTALLED = CACHE / "gf-images" / "ipfs" / "node_modules" / ".bin" / "jsipfs"


@dataclass(frozen=True)
class IpfsNode:
    """A running node. `settings` are the variables that lead a server or a store to it."""

    settings: dict[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def api_url(self) -> str:
        return self.settings["GF_IPFS_API_URL"]

    def new_folder(self) -> str:
        """Return a folder of the test's own, in which nothing is yet."""
        return f"/test-{os.getpid()}-{next(self._numbers)}"


@asynccontextmanager
async def open_ipfs_store(node: IpfsNode, folder: Path) -> AsyncIterator[IpfsStore]:
    async with open_node(node.api_url) as opened:
        yield IpfsStore(opened, node.new_folder(), folder)


@pytest.fixture(scope="session")
def ipfs_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpfsNode]:
    """A node that starts in some ten seconds; GF_TEST_IPFS names a file of settings of one that runs already, as
    `scripts/services ipfs start` prints them. Its installation takes minutes, so that no test begins it."""
    if given := os.environ.get("GF_TEST_IPFS"):
        yield IpfsNode(_parse(Path(given).read_text(encoding="utf-8")))
        return
    if not INSTALLED.exists():
        pytest.skip("js-ipfs is not installed (scripts/services ipfs start installs it, in some minutes)")
    environment = {**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("ipfs"))}
    yield IpfsNode(_parse(_services("start", environment)))
    _services("stop", environment)


def _parse(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.split())


def _services(action: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        ["scripts/services", "ipfs", action], cwd=ROOT, env=environment, check=True, text=True, stdout=subprocess.PIPE
    ).stdout
