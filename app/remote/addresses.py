"""Which addresses of the network may be asked for what strangers name."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# `ipaddress.is_global` is no guard: it lets NAT64, 6to4, ISATAP, multicast and the wire server of Azure pass.
_DENIED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # behind carriers' NAT (RFC 6598); metadata of Alibaba
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # the wire server of Azure
        "169.254.0.0/16",  # link local (RFC 3927); metadata of most clouds
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890); metadata of Oracle
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT relays (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112), broadcast
    )
)

_UNICAST_V6 = IPv6Network("2000::/3")
"""All that is given out; outside are loopback, mapped IPv4, NAT64, unique local, link local and multicast."""

_DENIED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments (RFC 2928): Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 (RFC 3056): holds any IPv4 address
        "3fff::/20",  # documentation (RFC 9637)
    )
)

_ISATAP_MASK, _ISATAP = 0xFCFF_FFFF, 0x0000_5EFE
"""Bits 64 to 95 of an address that holds an IPv4 address (RFC 5214, 6.1), but for the bits u and g."""


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Judges addresses, never the spelling of names. `allowed` are networks that may be asked beside public ones."""

    allowed: tuple[Network, ...] = ()

    def may_ask(self, address: str, port: int) -> bool:
        """Tell whether an address that a name resolved to may be connected to."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if _is_in(parsed, self.allowed):
            return True
        return port in (80, 443) and is_public(parsed)


def is_public(address: Address) -> bool:
    """Tell whether anybody may be told what is served there."""
    if isinstance(address, IPv4Address):
        return not _is_in(address, _DENIED_V4)
    holds_v4 = (int(address) >> 32) & _ISATAP_MASK == _ISATAP
    is_unicast = address.scope_id is None and address in _UNICAST_V6
    return is_unicast and not holds_v4 and not _is_in(address, _DENIED_V6)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
