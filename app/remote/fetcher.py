"""The fetcher: asks strangers' servers for bytes, at checked addresses, within limits, and believes nothing."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import httpcore

from app import __version__
from app.domain.errors import FetchIncomplete, FetchStatus, OriginUnavailable, TooLarge
from app.domain.origin import MAX_AT_ONE_HOST
from app.remote.addresses import AddressGuard, Network
from app.remote.connector import BROKEN, Connector, loop_time, make_tls
from app.remote.hosts import HostPlaces
from app.remote.resolver import Resolver, open_resolver
from app.remote.target import Target, follow, parse_target

MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long an origin may take.

    Attributes:
        total_s: For one fetch, its redirects included, the waiting for a place at the host left out.
        connect_s: To find the addresses of a name; and again to connect and agree on keys.
        first_byte_s: Until the head of the answer is there; also the longest pause in its body.
        floor: Bytes that must come in each second, on the average from `grace_s` on.
        per_host: Fetches that ask the same host at once.
    """

    total_s: float = 15.0
    connect_s: float = 3.0
    first_byte_s: float = 5.0
    floor: int = 1024
    grace_s: float = 2.0
    per_host: int = MAX_AT_ONE_HOST


class RemoteFetcher:
    """Implements `app.ports.remote.Fetcher`; redirects are followed by hand, each through the whole check."""

    def __init__(
        self, guard: AddressGuard, resolve: Resolver, tls: ssl.SSLContext, limits: FetchLimits | None = None
    ) -> None:
        self._limits = limits or FetchLimits()
        self._hosts = HostPlaces(self._limits.per_host)
        self._connector = Connector(guard, resolve, tls, self._limits.connect_s, self._limits.first_byte_s)

    async def fetch(self, url: str, max_bytes: int) -> AsyncGenerator[bytes]:
        """Yield the bytes under an address. Raises: as the port says."""
        target = parse_target(url)
        left_s = self._limits.total_s
        for _ in range(MAX_REDIRECTS + 1):
            async with self._hosts.place(target.host):
                deadline = loop_time() + left_s
                async with self._connector.ask(target, _request(target), deadline) as response:
                    if response.status not in _REDIRECTS:
                        async with aclosing(self._read(target, response, deadline, max_bytes)) as chunks:
                            async for chunk in chunks:
                                yield chunk
                        return
                    target = follow(target, _header(response, b"location"))
                left_s = deadline - loop_time()
        raise FetchStatus(f"The address redirects more than {MAX_REDIRECTS} times.")

    async def _read(
        self, target: Target, response: httpcore.Response, deadline: float, max_bytes: int
    ) -> AsyncGenerator[bytes]:
        """Yield the body, counted as it comes. It is never decoded: what is compressed is no picture."""
        _check_status(target, response.status)
        if int(_header(response, b"content-length") or 0) > max_bytes:
            raise _too_large(max_bytes)
        limits, count, begin = self._limits, 0, loop_time()
        chunks = response.aiter_stream()
        while True:
            too_slow = begin + limits.grace_s + count / limits.floor
            chunk = await _next_chunk(chunks, min(deadline, too_slow, loop_time() + limits.first_byte_s))
            if chunk is None:
                return
            count += len(chunk)
            if count > max_bytes:
                raise _too_large(max_bytes)
            yield chunk


@asynccontextmanager
async def open_fetcher(allowed: tuple[Network, ...]) -> AsyncGenerator[RemoteFetcher]:
    """Hold a fetcher that asks public addresses, and those in the allowed networks."""
    async with open_resolver() as resolve:
        yield RemoteFetcher(AddressGuard(allowed), resolve, make_tls())


def _request(target: Target) -> httpcore.Request:
    headers = (
        ("Host", target.authority),
        ("User-Agent", f"gf-images/{__version__}"),
        ("Accept", "image/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    )
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    return httpcore.Request("GET", url, headers=headers)


async def _next_chunk(chunks: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """Return some bytes, or None at the end. Raises: FetchIncomplete."""
    try:
        async with asyncio.timeout_at(deadline):
            return await anext(chunks, None)
    except BROKEN as error:
        raise FetchIncomplete("The bytes came too slowly, or ended early.") from error


def _check_status(target: Target, status: int) -> None:
    if status == 429 or status >= 500:
        raise OriginUnavailable(f"{target.authority[:100]} answers {status}.")
    if status != 200:
        raise FetchStatus(f"{target.authority[:100]} answers {status}.")


def _header(response: httpcore.Response, name: bytes) -> str:
    values = [value for key, value in response.headers if key.lower() == name]
    return values[0].decode("utf-8", "replace") if values else ""


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"There are more than the allowed {max_bytes} bytes.")
