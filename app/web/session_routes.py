"""Signing a page in and out: a key or a token becomes a cookie that no script can read."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain import policy
from app.domain.errors import Forbidden, Unauthenticated
from app.domain.viewer import Viewer
from app.web.auth import Authenticator, has_credentials
from app.web.sessions import is_foreign


async def open_session(request: Request) -> Response:
    """POST: give the cookie to who sends a key or a token in a header, which no foreign page's form can."""
    if not has_credentials(request):
        raise Unauthenticated("Send `Authorization: Bearer <key or token>`.")
    _refuse_foreign(request)
    viewer: Viewer = request.state.viewer
    response = Response(status_code=204, headers=_HEADERS)
    _authenticator(request).sessions.give(request, response, policy.require_user(viewer).id, viewer)
    return response


async def close_session(request: Request) -> Response:
    """DELETE: take the cookie away."""
    _refuse_foreign(request)
    response = Response(status_code=204, headers=_HEADERS)
    _authenticator(request).sessions.take(request, response)
    return response


_HEADERS = {"Cache-Control": "no-store"}

routes = [
    Route("/session", open_session, methods=["POST"]),
    Route("/session", close_session, methods=["DELETE"]),
]


def _refuse_foreign(request: Request) -> None:
    if is_foreign(request):
        raise Forbidden("Only this server's own pages may do this.")


def _authenticator(request: Request) -> Authenticator:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator
