"""Addresses of MongoDB databases, as they are set."""

from urllib.parse import unquote, urlsplit

from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.uri_parser import parse_uri

_SCHEMES = ("mongodb", "mongodb+srv")


def check_address(url: str) -> None:
    """Let pass an address that names servers and a database; nobody is asked.

    Raises:
        ValueError: It does not; the message holds nothing of the address, in which there may be a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError("the address must begin with mongodb:// or mongodb+srv://")
    if not unquote(parts.path).strip("/"):
        raise ValueError("the address must name a database: mongodb://host/database")
    if parts.scheme == "mongodb":  # the other one is complete only when a name server was asked
        _parse(url)


def host_of(url: str) -> str:
    """Return the servers and the database of an address, without user and password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path


def database_of(url: str) -> str:
    """Return the servers and the database of an address in one way of writing them, without user and password."""
    parts = urlsplit(url)
    hosts = ",".join(sorted(_with_port(host.lower()) for host in parts.netloc.rpartition("@")[2].split(",")))
    return f"{parts.scheme}://{hosts}/{unquote(parts.path).strip('/')}"


def _with_port(host: str) -> str:
    return host if host.rpartition(":")[2].isdigit() else f"{host}:27017"


def _parse(url: str) -> None:
    try:
        parse_uri(url, warn=False)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise ValueError("the address is none that MongoDB's drivers understand") from error
