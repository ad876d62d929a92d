"""The addresses in answers: absolute, as clients reach this server."""

from functools import lru_cache

from starlette.datastructures import URL
from starlette.requests import HTTPConnection

from app.settings import Settings

_HTTP = {"ws": "http", "wss": "https"}


def base_url_of(connection: HTTPConnection, settings: Settings) -> str:
    """Return the base of addresses in answers, without a slash at its end: as set, or as the client reached us."""
    if settings.public_url:
        return str(settings.public_url).rstrip("/")
    scope = connection.scope
    host = next((value for name, value in scope["headers"] if name == b"host"), None)
    return _base_url(scope["scheme"], host, scope.get("server"))


@lru_cache(maxsize=256)
def _base_url(scheme: str, host: bytes | None, server: tuple[str, int] | None) -> str:
    headers = [] if host is None else [(b"host", host)]
    url = URL(scope={"type": "http", "scheme": scheme, "path": "/", "headers": headers, "server": server})
    return f"{_HTTP.get(scheme, scheme)}://{url.netloc}"


def media_url(base_url: str, settings: Settings, path: str) -> str:
    """Return the address of an object, at the CDN when one is set."""
    return f"{str(settings.media_url).rstrip('/')}{path}" if settings.media_url else f"{base_url}{path}"
