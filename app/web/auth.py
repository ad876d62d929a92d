"""Who asks: an API key, a token, or the cookie of a page that signed itself in."""

from ipaddress import ip_address

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from app.domain.errors import Unauthenticated
from app.domain.viewer import Viewer
from app.services.keys import ADMIN_ID
from app.services.sign_in import SignInService
from app.web.sessions import Sessions, has_signed_out

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Authenticator:
    """Finds the viewer of a request.

    Args:
        signing_keys: Keys of session cookies, the newest first.

    Attributes:
        sessions: The cookies of pages.
    """

    def __init__(self, sign_in: SignInService, signing_keys: tuple[str, ...]) -> None:
        self._sign_in = sign_in
        self.sessions = Sessions(sign_in, signing_keys)

    async def viewer_of(self, connection: HTTPConnection) -> Viewer:
        """Return who asks.

        Raises:
            Unauthenticated: A key or a token was sent that is none.
            Busy: The identity provider cannot be asked just now.
        """
        key, bearer = connection.headers.get("gf-api-key"), connection.headers.get("authorization")
        if key is not None:
            return await self._sign_in.by_key(key)
        if bearer is not None:
            return await self._sign_in.by_bearer(bearer_of(bearer))
        return await self.sessions.viewer_of(connection)

    async def viewer_of_params(self, params: dict[str, object]) -> Viewer | None:
        """Return who opens a socket, by the payload of its `connection_init`; None when that names nobody.

        Raises:
            Unauthenticated, Busy
        """
        named = {name.lower(): value for name, value in params.items()}
        key, bearer = named.get("gf-api-key"), named.get("authorization")
        if isinstance(key, str) and key:
            return await self._sign_in.by_key(key)
        if isinstance(bearer, str) and bearer:
            return await self._sign_in.by_bearer(bearer_of(bearer))
        return None

    def sign_in_loopback(self, request: Request, response: Response) -> None:
        """Sign the page in as the admin, when both who asks and the name that was asked are this machine's own.

        The name is looked at so that a foreign page cannot ask by a name that it lets point here (DNS rebinding).
        """
        if is_loopback(request) and request.state.viewer.user is None and not has_signed_out(request):
            self.sessions.give(request, response, ADMIN_ID)


def has_credentials(connection: HTTPConnection) -> bool:
    """Tell whether a key or a token was sent, other than by a cookie."""
    return "gf-api-key" in connection.headers or "authorization" in connection.headers


def bearer_of(header: str) -> str:
    """Return what follows `Bearer` (RFC 6750). Raises: Unauthenticated."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("Sign in with `Authorization: Bearer <key or token>` or `GF-Api-Key: <key>`.")
    return secret.strip()


def is_loopback(request: Request) -> bool:
    """Tell whether a request comes from this machine, to this machine by its own name, and through no proxy."""
    if request.client is None or request.url.hostname not in _LOOPBACK_NAMES:
        return False
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip")):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
