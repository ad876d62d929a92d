"""The cookie by which a page stays signed in: signed, kept from scripts, and sent by this server's own pages alone."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from app.domain.viewer import ANONYMOUS, UserId, Viewer
from app.services.sign_in import SignInService

SESSION_COOKIE: Final = "gf_session"
SESSION_TIME: Final = timedelta(hours=12)

SIGNED_OUT: Final = "signed-out"
"""What the cookie says after a sign-out, so that a page on the machine itself is not signed in again at once."""


class Sessions:
    """Gives, reads and takes the cookie, which names the user, the key that signed in, if any, and the end.

    Nothing is kept of a session: it ends with its key or its time, and when the signing key is changed.

    Args:
        signing_keys: The newest first.
    """

    def __init__(self, sign_in: SignInService, signing_keys: tuple[str, ...]) -> None:
        self._sign_in = sign_in
        self._signer = URLSafeSerializer(
            list(signing_keys[::-1]), salt="gf-images.session", signer_kwargs={"digest_method": hashlib.sha256}
        )

    async def viewer_of(self, connection: HTTPConnection) -> Viewer:
        """Return who is signed in by the cookie. An old or altered one is nobody's: the page signs in anew."""
        cookie = connection.cookies.get(SESSION_COOKIE)
        if not cookie or is_foreign(connection):
            return ANONYMOUS
        try:
            user_id, key_id, end = self._signer.loads(cookie)
        except (BadSignature, ValueError, TypeError):
            return ANONYMOUS
        return await self._sign_in.resume(UserId(user_id), key_id, datetime.fromtimestamp(end, UTC))

    def give(self, request: Request, response: Response, user_id: UserId, viewer: Viewer = ANONYMOUS) -> None:
        """Keep a user signed in for some hours.

        Args:
            viewer: The sign-in that the session goes on with, and ends with.
        """
        now = datetime.now(UTC)
        end = min(now + SESSION_TIME, viewer.expires_at or now + SESSION_TIME)
        value = self._signer.dumps((user_id, viewer.key_id, int(end.timestamp())))
        assert isinstance(value, str)  # noqa: S101 - this serializer makes text
        self._set(request, response, value, int((end - now).total_seconds()))

    def take(self, request: Request, response: Response) -> None:
        self._set(request, response, SIGNED_OUT, None)

    def _set(self, request: Request, response: Response, value: str, max_age_s: int | None) -> None:
        response.set_cookie(
            SESSION_COOKIE,
            value,
            max_age=max_age_s,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )


def has_signed_out(connection: HTTPConnection) -> bool:
    return connection.cookies.get(SESSION_COOKIE) == SIGNED_OUT


def is_foreign(connection: HTTPConnection) -> bool:
    """Tell whether another site's page made the browser ask: cookies may go along with what such pages send.

    `SameSite` lets through what comes from another port or another name of the same site.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin in connection.app.state.settings.allowed_origins:
        return False
    return origin.partition("://")[2] != connection.url.netloc
