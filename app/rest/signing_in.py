"""Who asks: as everywhere else, or by the cookie that old pages carry."""

from starlette.requests import Request

from app.domain.errors import Unauthenticated
from app.domain.viewer import ANONYMOUS, Viewer
from app.web.auth import bearer_of

COOKIE = "Authorization"


async def viewer_of(request: Request) -> Viewer:
    """Return who asks; nobody, when the key or token in the cookie is none. Raises: Busy."""
    viewer: Viewer = request.state.viewer
    cookie = request.cookies.get(COOKIE)
    if viewer.user is not None or cookie is None or _is_foreign(request):
        return viewer
    try:
        found: Viewer = await request.app.state.services.sign_in.by_bearer(bearer_of(cookie))
    except Unauthenticated:
        return ANONYMOUS
    return found


def _is_foreign(request: Request) -> bool:
    """Tell whether another site's page made the browser ask: cookies go along with what such pages send."""
    origin = request.headers.get("origin")
    if origin is None or origin in request.app.state.settings.allowed_origins:
        return False
    return origin.partition("://")[2] != request.url.netloc
