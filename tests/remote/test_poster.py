"""The poster on a real receiver: what it sends, whom it asks, and whom it never asks."""

import time
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network

import pytest

from app.domain.errors import FetchFailed, FetchRefused
from app.remote.addresses import AddressGuard
from app.remote.connector import Connector, make_tls
from app.remote.poster import RemotePoster
from app.remote.resolver import open_resolver
from tests import origins
from tests.origins import open_origin
from tests.receivers import Receiver, open_receiver

LOOPBACK = AddressGuard((ip_network("127.0.0.1/32"),))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as opened:
        yield opened


async def make_poster(guard: AddressGuard, total_s: float = 2.0) -> AsyncIterator[RemotePoster]:
    async with open_resolver() as resolve:
        yield RemotePoster(Connector(guard, resolve, make_tls(), connect_s=0.5, head_s=total_s), total_s)


@pytest.fixture
async def poster() -> AsyncIterator[RemotePoster]:
    async for made in make_poster(LOOPBACK, total_s=0.5):
        yield made


@pytest.fixture
async def strict() -> AsyncIterator[RemotePoster]:
    """A poster that asks public addresses alone."""
    async for made in make_poster(AddressGuard()):
        yield made


async def test_posts_the_body_and_tells_nothing_of_us(receiver: Receiver, poster: RemotePoster) -> None:
    assert await poster.post(f"{receiver.url}?a=1", b"hello", [("webhook-id", "evt_1")]) == 200

    [(headers, body)] = receiver.requests
    assert body == b"hello"
    assert headers["webhook-id"] == "evt_1"
    assert set(headers) == {
        "host", "user-agent", "accept", "accept-encoding", "content-length", "connection", "webhook-id",
    }  # fmt: skip


@pytest.mark.parametrize("status", [204, 301, 307, 400, 410, 429, 500])
async def test_returns_any_status_and_follows_no_redirect(
    receiver: Receiver, poster: RemotePoster, status: int
) -> None:
    receiver.status = status
    receiver.headers = {"Location": receiver.url}

    assert await poster.post(receiver.url, b"", []) == status
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("page", [origins.silence, origins.drip_head(), origins.raw(b"SSH-2.0\r\n"), origins.raw(b"")])
async def test_gives_up_what_does_not_answer_in_time(poster: RemotePoster, page: origins.Answer) -> None:
    with open_origin({"/hook": page}) as origin:
        begin = time.monotonic()

        with pytest.raises(FetchFailed):
            await poster.post(origin.url("/hook"), b"{}", [])

    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
async def test_asks_nothing_of_its_own_network(receiver: Receiver, strict: RemotePoster, host: str) -> None:
    with pytest.raises(FetchRefused):
        await strict.post(f"http://{host}:{receiver.port}/hook", b"{}", [])

    assert receiver.requests == []


REFUSED = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/", "http://10.0.0.1/",
    "http://169.254.169.254/latest", "http://168.63.129.16/", "http://0.0.0.0/", "http://①②⑦.⓪.⓪.①/",
    "http://8.8.8.8:25/", "https://[2002:7f00:1::]/",
    "ftp://hooks.example/", "file:///etc/passwd", "//hooks.example/", "hooks.example", "", "http://", "http:///path",
    "http://ada@hooks.example/", "http://hooks.example\\@127.0.0.1/", "http://hooks.example/\r\nX: y", "http://a b/",
    "http://hooks.example:99999/", "http://" + "a" * 2_050,
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: url[:40])
def test_refuses_at_once_what_can_be_seen_to_be_bad(url: str) -> None:
    poster = RemotePoster(Connector(AddressGuard(), _resolve_nothing, make_tls(), 1, 1))

    with pytest.raises(FetchRefused):
        poster.check(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Hooks.Example/gf?x=1", "hooks.example"),
        ("http://93.184.215.14/", "93.184.215.14"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://localhost/", "localhost"),
    ],
)
def test_names_are_judged_when_they_are_asked(url: str, host: str) -> None:
    assert RemotePoster(Connector(AddressGuard(), _resolve_nothing, make_tls(), 1, 1)).check(url) == host


async def _resolve_nothing(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError("no name is asked for")
