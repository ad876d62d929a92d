"""The fetcher on a real origin: what arrives whole, and what each kind of bad origin comes to."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from ipaddress import ip_network

import pytest

from app.domain.errors import (
    DomainError,
    FetchFailed,
    FetchIncomplete,
    FetchRefused,
    FetchStatus,
    OriginUnavailable,
    TooLarge,
)
from app.remote.addresses import AddressGuard
from app.remote.connector import make_tls
from app.remote.fetcher import FetchLimits, RemoteFetcher
from app.remote.resolver import open_resolver
from tests import origins
from tests.origins import Origin, open_origin

LOOPBACK = AddressGuard((ip_network("127.0.0.1/32"),))
QUICK = FetchLimits(total_s=2.0, connect_s=0.5, first_byte_s=0.5, grace_s=0.2)
BODY = bytes(range(256)) * 1024


@pytest.fixture
def origin() -> Iterator[Origin]:
    with open_origin({"/picture": origins.whole(BODY)}) as opened:
        yield opened


@pytest.fixture
async def fetcher() -> AsyncIterator[RemoteFetcher]:
    async with open_resolver() as resolve:
        yield RemoteFetcher(LOOPBACK, resolve, make_tls(), QUICK)


async def fetch(fetcher: RemoteFetcher, url: str, max_bytes: int = 2 * len(BODY)) -> bytes:
    async with aclosing(fetcher.fetch(url, max_bytes)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def test_fetches_the_bytes_and_tells_nothing_of_us(origin: Origin, fetcher: RemoteFetcher) -> None:
    assert await fetch(fetcher, origin.url("/picture?size=1")) == BODY

    [head] = origin.requests
    lines = head.rstrip().split("\r\n")
    names = {line.partition(":")[0].lower() for line in lines[1:]}
    assert lines[0] == "GET /picture?size=1 HTTP/1.1"
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert {f"Host: 127.0.0.1:{origin.port}", "Accept-Encoding: identity"} <= set(lines)


async def test_ignores_proxy_variables(origin: Origin, fetcher: RemoteFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert await fetch(fetcher, origin.url("/picture")) == BODY


async def test_takes_a_body_whose_length_nobody_told(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/old"] = origins.until_closed(BODY)

    assert await fetch(fetcher, origin.url("/old")) == BODY


async def test_does_not_decode_what_is_compressed(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/bomb"] = origins.zipped(b"\0" * 50_000_000)

    body = await fetch(fetcher, origin.url("/bomb"))

    assert body[:2] == b"\x1f\x8b"
    assert len(body) < 100_000


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_follows_three_redirects(origin: Origin, fetcher: RemoteFetcher, status: str) -> None:
    origin.pages |= {f"/{n}": origins.redirect(f"/{n - 1}", status) for n in range(1, 4)}
    origin.pages["/0"] = origins.whole(BODY)

    assert await fetch(fetcher, origin.url("/3")) == BODY
    assert len(origin.requests) == 4


async def test_gives_up_a_loop_of_redirects(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/loop"] = origins.redirect("/loop")

    with pytest.raises(FetchStatus, match="redirects more than 3 times"):
        await fetch(fetcher, origin.url("/loop"))

    assert len(origin.requests) == 4


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (origins.whole(BODY, status="404 Not Found"), FetchStatus),
        (origins.whole(BODY, status="206 Partial Content"), FetchStatus),
        (origins.whole(b"", status="204 No Content"), FetchStatus),
        (origins.whole(b"", status="304 Not Modified"), FetchStatus),
        (origins.whole(BODY, status="401 Unauthorized"), FetchStatus),
        (origins.whole(BODY, status="429 Too Many Requests"), OriginUnavailable),
        (origins.whole(BODY, status="500 Internal Server Error"), OriginUnavailable),
        (origins.whole(BODY, status="503 Service Unavailable"), OriginUnavailable),
        (origins.short(BODY, len(BODY) + 1), FetchIncomplete),
        (origins.cut_chunks(BODY), FetchIncomplete),
        (origins.drip(), FetchIncomplete),
        (origins.short(BODY, 4 * len(BODY)), TooLarge),
        (origins.endless(), TooLarge),
        (origins.drip_head(), FetchFailed),
        (origins.silence, FetchFailed),
        (origins.raw(b""), FetchFailed),
        (origins.raw(b"SSH-2.0-OpenSSH_9.9\r\n"), FetchFailed),
        (origins.raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000), FetchFailed),
        (origins.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), FetchFailed),
        (origins.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345"), FetchFailed),
        (origins.raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: file:///etc/passwd\r\n\r\n"), FetchRefused),
    ],
)
async def test_fails_each_kind_of_bad_origin_by_its_own_error(
    origin: Origin, fetcher: RemoteFetcher, page: origins.Answer, error: type[DomainError]
) -> None:
    origin.pages["/bad"] = page
    begin = time.monotonic()

    with pytest.raises(error) as raised:
        await fetch(fetcher, origin.url("/bad"))

    assert type(raised.value) is error
    assert time.monotonic() - begin < QUICK.total_s


async def test_ends_a_fetch_that_goes_on_for_too_long(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/endless"] = origins.endless()
    begin = time.monotonic()

    with pytest.raises(FetchIncomplete):
        await fetch(fetcher, origin.url("/endless"), max_bytes=10**15)

    assert QUICK.total_s - 0.1 < time.monotonic() - begin < QUICK.total_s + 0.5


async def test_counts_redirects_into_the_total(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/slow"] = origins.later(origins.redirect("/slower"), 0.4)
    origin.pages["/slower"] = origins.later(origins.redirect("/endless"), 0.4)
    origin.pages["/endless"] = origins.endless()
    begin = time.monotonic()

    with pytest.raises(FetchIncomplete):
        await fetch(fetcher, origin.url("/slow"), max_bytes=10**15)

    assert time.monotonic() - begin < QUICK.total_s + 0.5


async def test_says_the_same_of_closed_silent_and_foreign_ports(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages |= {"/silent": origins.silence, "/ssh": origins.raw(b"SSH-2.0-OpenSSH_9.9\r\n")}
    with open_origin() as closed:
        pass
    messages = set()

    for url in (closed.url("/"), origin.url("/silent"), origin.url("/ssh"), origin.url("/picture", scheme="https")):
        with pytest.raises(FetchFailed) as raised:
            await fetch(fetcher, url)
        messages.add(raised.value.message.replace(str(closed.port), "PORT").replace(str(origin.port), "PORT"))

    assert messages == {"127.0.0.1:PORT does not answer."}


async def test_asks_one_host_for_two_things_at_once(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/slow"] = origins.later(origins.whole(BODY), 0.1)

    bodies = await asyncio.gather(*(fetch(fetcher, origin.url("/slow")) for _ in range(6)))

    assert bodies == [BODY] * 6
    assert origin.most_at_once == 2


async def test_closes_the_connection_when_nobody_wants_the_rest(origin: Origin, fetcher: RemoteFetcher) -> None:
    origin.pages["/endless"] = origins.endless()

    async with aclosing(fetcher.fetch(origin.url("/endless"), 10**15)) as chunks:
        await anext(chunks)

    async with asyncio.timeout(5):
        while origin.at_once:
            await asyncio.sleep(0.01)
