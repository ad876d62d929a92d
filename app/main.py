"""The application: every entry on one Starlette app."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.console import pages, share_pages
from app.container.opening import open_services
from app.container.stores import client_origins, origin_of
from app.rest import routes as rest
from app.settings import Settings
from app.web import health, job_events, metrics, objects, session_routes, variants
from app.web.auth import Authenticator
from app.web.errors import EXCEPTION_HANDLERS
from app.web.middleware import Authentication, BodyLimit, RequestId
from app.web.stopping import EndStreams
from schema.build import build_schema
from schema.limits import Limits
from schema.trusted_documents import TrustedDocuments
from schema.view import GraphQLView

MAX_GRAPHQL_BYTES = 256 * 1024


def create_app(settings: Settings) -> Starlette:
    """Return the ASGI application; its resources are opened when it starts and closed when it stops.

    Raises:
        InvalidInput: The trusted documents cannot be read.
    """

    def find_authenticator() -> Authenticator:
        authenticator: Authenticator = app.state.authenticator
        return authenticator

    view = _endpoint(settings, find_authenticator)
    app = Starlette(
        routes=[
            # First, for routes are tried in their order.
            Route("/graphql", BodyLimit(view, MAX_GRAPHQL_BYTES)),
            WebSocketRoute("/graphql", view),
            *health.routes,
            *session_routes.routes,
            *variants.routes,
            *objects.routes,
            *job_events.routes,
            *(metrics.routes if settings.metrics else ()),
            *rest.routes,
            *share_pages.routes,
            *pages.routes,
        ],
        middleware=[
            *_proxies(settings),
            Middleware(RequestId),
            _cors(settings),
            Middleware(Authentication, authenticator=find_authenticator, lenient=rest.PREFIXES),
            Middleware(EndStreams),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    return app


def _endpoint(settings: Settings, authenticator: Callable[[], Authenticator]) -> GraphQLView:
    return GraphQLView(
        build_schema(introspection=settings.has_introspection, limits=Limits.from_settings(settings)),
        settings,
        authenticator,
        playground=pages.graphiql_page if settings.has_playground else None,
        documents=TrustedDocuments.from_settings(settings),
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncGenerator[None]:
    settings: Settings = app.state.settings
    async with open_services(settings) as services:
        authenticator = Authenticator(services.sign_in, services.signing_keys)
        app.state.services = services
        app.state.authenticator = authenticator
        cdn = (origin_of(str(settings.media_url)),) if settings.media_url else ()
        app.state.media_origins = (*cdn, *client_origins(services.stores))
        app.state.sign_in_page = authenticator.sign_in_loopback if settings.is_development else _stay_signed_out
        yield


def _cors(settings: Settings) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "HEAD", "POST", "PUT"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "GF-Api-Key",
            "GF_Sess",
            "Idempotency-Key",
            "Last-Event-ID",
            "X-Amz-Acl",
        ],
        expose_headers=["Idempotent-Replayed", "Retry-After", "X-Request-Id"],
    )


def _proxies(settings: Settings) -> list[Middleware]:
    """Take the client's address and the scheme from the proxies that are trusted, and from nobody else."""
    trusted = [str(network) for network in settings.trusted_proxies]
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)] if trusted else []


def _stay_signed_out(request: Request, response: Response) -> None:
    """In production nobody is signed in by where they come from."""
