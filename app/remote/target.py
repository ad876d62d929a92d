"""What an address asks for: its host, port and path, when it is spelled as it should be."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin, urlsplit

import idna

from app.domain.errors import FetchRefused
from app.domain.origin import MAX_URL_LENGTH

PORTS = {"http": 80, "https": 443}

# Control characters, and the backslash, which some read as a slash.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_HOST = re.compile(r"[a-z0-9_][a-z0-9._-]{0,252}")
# What may stand in a path or a query (RFC 3986, 3.3 and 3.4), and the sign of what is encoded already.
_PLAIN = "/?:@!$&'()*+,;=-._~%"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go. `host` is in ASCII without brackets, `path` is percent-encoded and has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_target(url: str) -> Target:
    """Return where an address leads.

    Raises:
        FetchRefused: It is not absolute http or https, has a user or no host, or holds what no address should.
    """
    if len(url) > MAX_URL_LENGTH or _FORBIDDEN.search(url):
        raise FetchRefused(
            f"The address is longer than {MAX_URL_LENGTH} characters, or has control characters or backslashes."
        )
    try:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or "@" in parts.netloc:
            raise FetchRefused("The address is not http or https, or has a user in it.")
        return Target(
            scheme=parts.scheme,
            host=_ascii_host(parts.hostname or "", in_brackets="[" in parts.netloc),
            port=PORTS[parts.scheme] if parts.port is None else parts.port,
            path=_encode(parts.path or "/") + (f"?{_encode(parts.query)}" if parts.query else ""),
        )
    except ValueError as error:
        raise FetchRefused("The address has no host or port that could be asked.") from error


def follow(target: Target, location: str) -> Target:
    """Return where a redirect leads. Raises: FetchRefused."""
    if _FORBIDDEN.search(location):
        raise FetchRefused("The address redirects to one with control characters or backslashes.")
    try:
        return parse_target(urljoin(target.url, location))
    except ValueError as error:
        raise FetchRefused("The address redirects to what is no address.") from error


def _encode(text: str) -> str:
    return quote(text, _PLAIN)


def _ascii_host(host: str, *, in_brackets: bool) -> str:
    """Return the host as it is resolved. Raises: ValueError."""
    if in_brackets and "%" not in host:
        return str(IPv6Address(host))
    ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    if not _HOST.fullmatch(ascii_host):
        raise ValueError(f"{host!r} is no host")
    return ascii_host
