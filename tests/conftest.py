"""What tests of every layer share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.ipfs_node import ipfs_node  # noqa: F401 - a fixture
from tests.mongo_server import mongo_server, own_mongo  # noqa: F401 - fixtures
from tests.redis_server import PROGRAM, RedisServer
from tests.s3_server import s3_gateway, s3_server  # noqa: F401 - fixtures
from tests.serving import RunningServer

expect.set_options(timeout=20_000)  # a browser and a server on a busy machine

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
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


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One Redis for all tests that leave it running."""
    yield from _run_redis(tmp_path_factory.mktemp("redis"))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may kill, freeze and wipe."""
    yield from _run_redis(tmp_path)


def _run_redis(folder: Path) -> Iterator[RedisServer]:
    if PROGRAM is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    redis = RedisServer(folder)
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture
def server(shared_server: RunningServer) -> str:
    """The base of the shared server's addresses."""
    return shared_server.url


@pytest.fixture(scope="session")
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    return CHROMIUM


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, server: str) -> AsyncIterator[Page]:
    """A window on the server with no past; whatever a page's script throws fails the test."""
    page = await browser.new_page(base_url=server)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await page.close()
    assert errors == []
