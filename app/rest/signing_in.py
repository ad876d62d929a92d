"""Who asks: as everywhere else, or by the cookie that old pages carry."""

from starlette.requests import Request

from app.domain.audit import Door
from app.domain.errors import Unauthenticated
from app.domain.viewer import ANONYMOUS, Viewer
from app.services.refused_sign_ins import RefusedSignIns
from app.web.auth import bearer_of
from app.web.rates import address_of
from app.web.sessions import is_foreign

COOKIE = "Authorization"


async def viewer_of(request: Request) -> Viewer:
    """Return who asks; nobody, when the key or token in the cookie is none. Raises: Busy."""
    viewer: Viewer = request.state.viewer
    cookie = request.cookies.get(COOKIE)
    if viewer.user is not None or cookie is None or is_foreign(request):
        return viewer
    try:
        found: Viewer = await request.app.state.services.sign_in.by_bearer(bearer_of(cookie))
    except Unauthenticated:
        refused: RefusedSignIns = request.app.state.services.refused_sign_ins
        await refused.keep(Door.REST, address_of(request), request.state.request_id)
        return ANONYMOUS
    return found
