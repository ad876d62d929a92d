"""Signing a page in and out: a key or a token becomes a cookie that no script can read."""

from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain import policy
from app.domain.audit import Door
from app.domain.errors import Forbidden, Unauthenticated
from app.domain.viewer import Viewer
from app.services.audit import AuditService
from app.web.auth import Authenticator, has_credentials
from app.web.rates import caller_of
from app.web.sessions import is_foreign


async def open_session(request: Request) -> Response:
    """POST: give the cookie to who sends a key or a token in a header, which no foreign page's form can."""
    if not has_credentials(request):
        raise Unauthenticated("Send `Authorization: Bearer <key or token>`.")
    _refuse_foreign(request)
    viewer: Viewer = request.state.viewer
    response = Response(status_code=204, headers=_HEADERS)
    async with _recorded(request, "signIn"):
        _authenticator(request).sessions.give(request, response, policy.require_user(viewer).id, viewer)
    return response


async def close_session(request: Request) -> Response:
    """DELETE: take the cookie away."""
    _refuse_foreign(request)
    response = Response(status_code=204, headers=_HEADERS)
    async with _recorded(request, "signOut"):
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


def _recorded(request: Request, action: str) -> AbstractAsyncContextManager[object]:
    """Keep a sign-in or -out in the audit log; nothing of those who were not signed in."""
    viewer: Viewer = request.state.viewer
    if viewer.user is None:
        return nullcontext()
    audit: AuditService = request.app.state.services.audit
    return audit.record(Door.SESSION, action, caller_of(request, viewer), request.state.request_id, (viewer.user.id,))


def _authenticator(request: Request) -> Authenticator:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator
