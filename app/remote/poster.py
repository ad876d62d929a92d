"""The poster: tells strangers' servers of events, at checked addresses, and looks at nothing but the status."""

import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import httpcore

from app import __version__
from app.remote.addresses import AddressGuard, Network
from app.remote.connector import Connector, loop_time, make_tls, refusal
from app.remote.resolver import open_resolver
from app.remote.target import Target, parse_target

TOTAL_S = 10.0
CONNECT_S = 3.0


@dataclass(frozen=True, slots=True)
class RemotePoster:
    """Implements `app.ports.remote.Poster`."""

    connector: Connector
    total_s: float = TOTAL_S

    def check(self, url: str) -> str:
        """Return the host of an address. Raises: FetchRefused."""
        target = parse_target(url)
        address = _literal(target.host)
        if address is not None and not self.connector.guard.may_ask(address, target.port):
            raise refusal(target)
        return target.host

    async def post(self, url: str, body: bytes, headers: Sequence[tuple[str, str]]) -> int:
        """Return the status of the answer. Raises: FetchRefused, FetchFailed."""
        target = parse_target(url)
        async with self.connector.ask(target, _request(target, body, headers), loop_time() + self.total_s) as response:
            return response.status


@asynccontextmanager
async def open_poster(allowed: tuple[Network, ...]) -> AsyncGenerator[RemotePoster]:
    """Hold a poster that asks public addresses, and those in the allowed networks."""
    async with open_resolver() as resolve:
        yield RemotePoster(Connector(AddressGuard(allowed), resolve, make_tls(), CONNECT_S, TOTAL_S))


def _literal(host: str) -> str | None:
    """Return the address that a host spells, also in the ways that only resolvers read (`127.1`, `0x7f000001`)."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _request(target: Target, body: bytes, headers: Sequence[tuple[str, str]]) -> httpcore.Request:
    own = (
        ("Host", target.authority),
        ("User-Agent", f"gf-images/{__version__}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    )
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    return httpcore.Request("POST", url, headers=[*own, *headers], content=body)
