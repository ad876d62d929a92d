"""The connector: holds connections to strangers' servers at checked addresses, and believes nothing."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import certifi
import httpcore

from app.domain.errors import FetchFailed, FetchRefused
from app.remote.addresses import AddressGuard
from app.remote.resolver import Resolver
from app.remote.target import Target

BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ssl.SSLError)
"""All that a connection may come to; a TimeoutError is an OSError."""


@dataclass(frozen=True, slots=True)
class Connector:
    """Sends requests by httpcore's HTTP/1.1, which follows nothing and remembers nothing.

    A request is sent on a connection that is open already, to an address that was checked: no name is
    resolved a second time. Proxies, cookies and credentials are unknown to it.

    Attributes:
        connect_s: To find the addresses of a name; and again to connect and agree on keys.
        head_s: Until the head of the answer is there.
    """

    guard: AddressGuard
    resolve: Resolver
    tls: ssl.SSLContext
    connect_s: float
    head_s: float
    network: httpcore.AsyncNetworkBackend = field(default_factory=httpcore.AnyIOBackend)

    @asynccontextmanager
    async def ask(
        self, target: Target, request: httpcore.Request, deadline: float
    ) -> AsyncGenerator[httpcore.Response]:
        """Hold the answer to a request, its head read.

        Raises:
            FetchRefused: The address is never asked.
            FetchFailed: Nothing answered in time.
        """
        stream = await self._connect(target, deadline)
        async with aclosing(httpcore.AsyncHTTP11Connection(request.url.origin, stream)) as connection:
            try:
                async with asyncio.timeout_at(min(deadline, loop_time() + self.head_s)):
                    response = await connection.handle_async_request(request)
            except BROKEN as error:
                raise no_answer(target) from error
            yield response

    async def _connect(self, target: Target, deadline: float) -> httpcore.AsyncNetworkStream:
        """Open a connection to the first checked address that takes one, with the keys of the name for https."""
        addresses = await self._find_addresses(target, deadline)
        try:
            async with asyncio.timeout_at(min(deadline, loop_time() + self.connect_s)):
                stream = await self._connect_to_any(addresses, target)
                if target.scheme == "https":
                    stream = await _start_tls(stream, self.tls, target.host)
                return stream
        except BROKEN as error:
            raise no_answer(target) from error

    async def _find_addresses(self, target: Target, deadline: float) -> tuple[str, ...]:
        """Resolve once, and check every answer: one bad one is enough to refuse the name."""
        try:
            async with asyncio.timeout_at(min(deadline, loop_time() + self.connect_s)):
                addresses = await self.resolve(target.host, target.port)
        except OSError as error:
            raise no_answer(target) from error
        if not all(self.guard.may_ask(address, target.port) for address in addresses):
            raise refusal(target)
        return addresses

    async def _connect_to_any(self, addresses: tuple[str, ...], target: Target) -> httpcore.AsyncNetworkStream:
        for address in addresses:
            try:
                return await self.network.connect_tcp(address, target.port)
            except httpcore.ConnectError:
                continue
        raise httpcore.ConnectError("no address takes a connection")


def make_tls() -> ssl.SSLContext:
    """Return what trusts the authorities that Mozilla trusts."""
    return ssl.create_default_context(cafile=certifi.where())


def loop_time() -> float:
    return asyncio.get_running_loop().time()


def refusal(target: Target) -> FetchRefused:
    return FetchRefused(f"What is at {target.authority[:100]} may not be asked.")


def no_answer(target: Target) -> FetchFailed:
    return FetchFailed(f"{target.authority[:100]} does not answer.")


async def _start_tls(
    stream: httpcore.AsyncNetworkStream, tls: ssl.SSLContext, name: str
) -> httpcore.AsyncNetworkStream:
    try:
        return await stream.start_tls(tls, server_hostname=name)
    except BaseException:
        await stream.aclose()
        raise
