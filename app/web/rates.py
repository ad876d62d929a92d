"""Whom a request is counted for."""

from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

from app.domain.errors import Unauthenticated
from app.domain.keys import key_id_of
from app.domain.rate import Caller
from app.domain.viewer import Viewer
from app.web.auth import secret_in

IPV6_PREFIX_BITS = 64
"""What one household or server is given (RFC 6177): whoever has it has all addresses in it."""


def caller_of(connection: HTTPConnection, viewer: Viewer) -> Caller:
    """Return the key and the user, or the address, that a request comes from."""
    return Caller(viewer.user_id, _key_id_in(connection), _address_of(connection))


def _key_id_in(connection: HTTPConnection) -> str | None:
    try:
        secret = secret_in(connection)
    except Unauthenticated:
        return None
    return None if secret is None else key_id_of(secret)


def _address_of(connection: HTTPConnection) -> str:
    """Return the client's address, of IPv6 the network; what a trusted proxy says of it was looked at before."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{address.packed[: IPV6_PREFIX_BITS // 8].hex()}::"
