"""The worker: works jobs off when it is called, and shows its health and its metrics on a small page."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.container.opening import open_services
from app.settings import Settings
from app.web import health, metrics
from app.web.auth import Authenticator
from app.web.errors import EXCEPTION_HANDLERS
from app.web.middleware import Authentication, RequestId


def create_worker(settings: Settings) -> Starlette:
    """Return the ASGI application of a worker, which works from when it starts to when it stops."""

    def find_authenticator() -> Authenticator:
        authenticator: Authenticator = app.state.authenticator
        return authenticator

    app = Starlette(
        routes=[*health.routes, *(metrics.routes if settings.metrics else ())],
        middleware=[Middleware(RequestId), Middleware(Authentication, authenticator=find_authenticator)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncGenerator[None]:
    async with open_services(app.state.settings, is_worker=True) as services:
        app.state.services = services
        app.state.authenticator = Authenticator(services.sign_in, services.signing_keys)
        yield
