"""What every resolver gets: who asks, the services, and this request's loaders."""

from dataclasses import dataclass, field

import strawberry

from app.container.bundle import Services
from app.domain.rate import NOBODY, Caller
from app.domain.viewer import ANONYMOUS, Viewer
from app.settings import Settings
from app.web.addresses import media_url
from schema.loaders import Loaders


@dataclass
class Context:
    """The surroundings of one request, or of all operations of one socket."""

    services: Services
    settings: Settings
    base_url: str
    request_id: str
    viewer: Viewer = ANONYMOUS
    caller: Caller = NOBODY
    connection_params: dict[str, object] = field(default_factory=dict)
    is_settled: bool = False
    """Whether a mutation may have changed something, or was refused for good."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services, lambda: self.viewer)

    def absolute(self, path: str) -> str:
        """Return a path of this server as an address that the client can use."""
        return f"{self.base_url}{path}"

    def media(self, path: str) -> str:
        """Return the address of an object, at the CDN when one is set."""
        return media_url(self.base_url, self.settings, path)


Info = strawberry.Info[Context, None]
