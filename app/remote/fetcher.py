"""The fetcher: asks strangers' servers for bytes, at checked addresses, within limits, and believes nothing."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import certifi
import httpcore

from app import __version__
from app.domain.errors import FetchFailed, FetchIncomplete, FetchRefused, FetchStatus, OriginUnavailable, TooLarge
from app.remote.addresses import AddressGuard, Network
from app.remote.hosts import HostPlaces
from app.remote.resolver import Resolver, open_resolver
from app.remote.target import Target, follow, parse_target

MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ssl.SSLError)
"""All that a connection may come to; a TimeoutError is an OSError."""


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
    per_host: int = 2


class RemoteFetcher:
    """Implements `app.ports.remote.Fetcher` on httpcore's HTTP/1.1, which follows nothing and remembers nothing.

    A request is sent on a connection that is open already, to an address that was checked: no name is
    resolved a second time. Proxies, cookies and credentials are unknown to it.
    """

    def __init__(
        self, guard: AddressGuard, resolve: Resolver, tls: ssl.SSLContext, limits: FetchLimits | None = None
    ) -> None:
        self._guard = guard
        self._resolve = resolve
        self._tls = tls
        self._limits = limits or FetchLimits()
        self._hosts = HostPlaces(self._limits.per_host)
        self._network = httpcore.AnyIOBackend()

    async def fetch(self, url: str, max_bytes: int) -> AsyncGenerator[bytes]:
        """Yield the bytes under an address. Raises: as the port says."""
        target = parse_target(url)
        left_s = self._limits.total_s
        for _ in range(MAX_REDIRECTS + 1):
            async with self._hosts.place(target.host):
                deadline = _now() + left_s
                async with self._ask(target, deadline) as response:
                    if response.status not in _REDIRECTS:
                        async with aclosing(self._read(target, response, deadline, max_bytes)) as chunks:
                            async for chunk in chunks:
                                yield chunk
                        return
                    target = follow(target, _header(response, b"location"))
                left_s = deadline - _now()
        raise FetchStatus(f"The address redirects more than {MAX_REDIRECTS} times.")

    @asynccontextmanager
    async def _ask(self, target: Target, deadline: float) -> AsyncGenerator[httpcore.Response]:
        """Hold the answer to a GET, its head read."""
        stream = await self._connect(target, deadline)
        request = _request(target)
        async with aclosing(httpcore.AsyncHTTP11Connection(request.url.origin, stream)) as connection:
            try:
                async with asyncio.timeout_at(min(deadline, _now() + self._limits.first_byte_s)):
                    response = await connection.handle_async_request(request)
            except _BROKEN as error:
                raise _no_answer(target) from error
            yield response

    async def _connect(self, target: Target, deadline: float) -> httpcore.AsyncNetworkStream:
        """Open a connection to the first checked address that takes one, with the keys of the name for https."""
        addresses = await self._find_addresses(target, deadline)
        try:
            async with asyncio.timeout_at(min(deadline, _now() + self._limits.connect_s)):
                stream = await self._connect_to_any(addresses, target)
                if target.scheme == "https":
                    stream = await _start_tls(stream, self._tls, target.host)
                return stream
        except _BROKEN as error:
            raise _no_answer(target) from error

    async def _find_addresses(self, target: Target, deadline: float) -> tuple[str, ...]:
        """Resolve once, and check every answer: one bad one is enough to refuse the name."""
        try:
            async with asyncio.timeout_at(min(deadline, _now() + self._limits.connect_s)):
                addresses = await self._resolve(target.host, target.port)
        except OSError as error:
            raise _no_answer(target) from error
        if not all(self._guard.may_ask(address, target.port) for address in addresses):
            raise FetchRefused(f"What is at {target.authority[:100]} may not be asked.")
        return addresses

    async def _connect_to_any(self, addresses: tuple[str, ...], target: Target) -> httpcore.AsyncNetworkStream:
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, target.port)
            except httpcore.ConnectError:
                continue
        raise httpcore.ConnectError("no address takes a connection")

    async def _read(
        self, target: Target, response: httpcore.Response, deadline: float, max_bytes: int
    ) -> AsyncGenerator[bytes]:
        """Yield the body, counted as it comes. It is never decoded: what is compressed is no picture."""
        _check_status(target, response.status)
        if int(_header(response, b"content-length") or 0) > max_bytes:
            raise _too_large(max_bytes)
        limits, count, begin = self._limits, 0, _now()
        chunks = response.aiter_stream()
        while True:
            too_slow = begin + limits.grace_s + count / limits.floor
            chunk = await _next_chunk(chunks, min(deadline, too_slow, _now() + limits.first_byte_s))
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


def make_tls() -> ssl.SSLContext:
    """Return what trusts the authorities that Mozilla trusts."""
    return ssl.create_default_context(cafile=certifi.where())


async def _start_tls(
    stream: httpcore.AsyncNetworkStream, tls: ssl.SSLContext, name: str
) -> httpcore.AsyncNetworkStream:
    try:
        return await stream.start_tls(tls, server_hostname=name)
    except BaseException:
        await stream.aclose()
        raise


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
    except _BROKEN as error:
        raise FetchIncomplete("The bytes came too slowly, or ended early.") from error


def _check_status(target: Target, status: int) -> None:
    if status == 429 or status >= 500:
        raise OriginUnavailable(f"{target.authority[:100]} answers {status}.")
    if status != 200:
        raise FetchStatus(f"{target.authority[:100]} answers {status}.")


def _header(response: httpcore.Response, name: bytes) -> str:
    values = [value for key, value in response.headers if key.lower() == name]
    return values[0].decode("utf-8", "replace") if values else ""


def _no_answer(target: Target) -> FetchFailed:
    return FetchFailed(f"{target.authority[:100]} does not answer.")


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"There are more than the allowed {max_bytes} bytes.")


def _now() -> float:
    return asyncio.get_running_loop().time()
