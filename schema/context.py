"""What every resolver gets: who asks, the services, and this request's loaders."""

from dataclasses import dataclass, field

import strawberry
from starlette.requests import HTTPConnection

from app.container import Services
from app.domain.viewer import ANONYMOUS, Viewer
from app.settings import Settings
from schema.loaders import Loaders


@dataclass
class Context:
    """The surroundings of one request, or of all operations of one socket."""

    services: Services
    settings: Settings
    base_url: str
    request_id: str
    viewer: Viewer = ANONYMOUS
    connection_params: dict[str, object] = field(default_factory=dict)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services, lambda: self.viewer)

    def absolute(self, path: str) -> str:
        """Return a path of this server as an address that the client can use."""
        return f"{self.base_url}{path}"

    def media(self, path: str) -> str:
        """Return the address of an object, at the CDN when one is set."""
        base = self.settings.media_url
        return f"{str(base).rstrip('/')}{path}" if base else self.absolute(path)


Info = strawberry.Info[Context, None]


def base_url_of(connection: HTTPConnection, settings: Settings) -> str:
    """Return the base of addresses in answers, without a slash at its end: as set, or as the client reached us."""
    if settings.public_url:
        return str(settings.public_url).rstrip("/")
    scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
    return f"{scheme}://{connection.url.netloc}"
