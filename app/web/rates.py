"""Whom a request is counted for."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

from app.domain.rate import Caller
from app.domain.viewer import Viewer

IPV6_PREFIX_BITS = 64
"""What one household or server is given (RFC 6177): whoever has it has all addresses in it."""


def caller_of(connection: HTTPConnection, viewer: Viewer) -> Caller:
    """Return the key and the user, or the address, that a request comes from."""
    return Caller(viewer.user_id, viewer.key_id, address_of(connection))


def address_of(connection: HTTPConnection) -> str:
    """Return the client's address, of IPv6 the network; what a trusted proxy says of it was looked at before."""
    return _network_of(connection.client.host if connection.client else "")


@lru_cache(maxsize=1_024)
def _network_of(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{address.packed[: IPV6_PREFIX_BITS // 8].hex()}::"
