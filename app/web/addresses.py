"""The addresses in answers: absolute, as clients reach this server."""

from starlette.requests import HTTPConnection

from app.settings import Settings


def base_url_of(connection: HTTPConnection, settings: Settings) -> str:
    """Return the base of addresses in answers, without a slash at its end: as set, or as the client reached us."""
    if settings.public_url:
        return str(settings.public_url).rstrip("/")
    scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
    return f"{scheme}://{connection.url.netloc}"


def media_url(base_url: str, settings: Settings, path: str) -> str:
    """Return the address of an object, at the CDN when one is set."""
    return f"{str(settings.media_url).rstrip('/')}{path}" if settings.media_url else f"{base_url}{path}"
