"""The console's pages and files: everything comes from this server, and only its own scripts run.

The application that mounts these routes keeps two things in its `state`:

- `sign_in_page`: `(Request, Response) -> None`, which may set the cookie that signs the page's caller in.
- `media_origins`: where objects are put to and got from beside this server, as CSP sources
  (`https://cdn.example`); a tuple, empty when the server does it all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SignInPage = Callable[[Request, Response], None]

_HERE = Path(__file__).parent
_VENDORED = "/static/vendor/"


def first_page(request: Request) -> Response:
    return _page(request, "index.html", {"require-trusted-types-for": "'script'", "trusted-types": "'none'"})


def graphiql_page(request: Request) -> Response:
    """Return the playground. Its editor writes style elements and carries its fonts in its style sheet."""
    return _page(request, "graphiql.html", {"style-src": "'self' 'unsafe-inline'", "font-src": "'self' data:"})


def openapi_page(request: Request) -> Response:
    """Return the page of the older routes. Swagger UI writes styles on its elements."""
    return _page(request, "openapi.html", {"style-src": "'self' 'unsafe-inline'"})


def _page(request: Request, name: str, directives: Mapping[str, str]) -> Response:
    policy = content_security_policy(request.app.state.media_origins, directives)
    headers = {**_SAFE, "Cache-Control": "no-store", "Content-Security-Policy": policy}
    response = FileResponse(_HERE / "templates" / name, headers=headers)
    sign_in: SignInPage = request.app.state.sign_in_page
    sign_in(request, response)
    return response


def content_security_policy(media_origins: tuple[str, ...], directives: Mapping[str, str]) -> str:
    """Return the policy of a page; `directives` replace or add to the ones that all pages share."""
    media = "".join(f" {origin}" for origin in media_origins)
    policy = {
        "default-src": "'self'",
        "img-src": f"'self' blob: data:{media}",
        "connect-src": f"'self' ws: wss:{media}",
        "style-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        **directives,
    }
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


@dataclass(frozen=True, slots=True)
class StaticHeaders:
    """Middleware: safe headers on every file, and how long a browser may keep it.

    A vendored file has its version in its name, so it never changes; our own are asked for again by entity tag.
    What is not there never passes here: it is an exception, which the application answers.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_SAFE)
                headers["Cache-Control"] = _cache_control(scope["path"])
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _cache_control(path: str) -> str:
    return "public, max-age=31536000, immutable" if path.startswith(_VENDORED) else "no-cache"


_SAFE = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

routes: list[BaseRoute] = [
    Route("/", first_page),
    Route("/openapi", openapi_page),
    Mount("/static", StaticFiles(directory=_HERE / "static"), middleware=[Middleware(StaticHeaders)]),
]
