"""What caches may keep: answers to queries that were sent by GET, signed out, and went well (RFC 9110, RFC 9111)."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from app.domain.viewer import Viewer
from app.settings import Settings

KEPT_FROM_CACHES = "no-store"
VARY = "Accept, Authorization, Cookie, GF-Api-Key"
"""What an answer depends on beside its address."""


def cache_control_of(request: Request, settings: Settings) -> str:
    """Return how long an answer may be kept, if all goes well; of who is signed in, never."""
    viewer: Viewer = request.state.viewer
    if request.method != "GET" or viewer.user is not None:
        return KEPT_FROM_CACHES
    return f"public, max-age={settings.graphql_max_age_s}, must-revalidate"


def validate(request: Request, response: Response) -> Response:
    """Return an answer with its validator, or 304 when the client has it already."""
    if response.status_code != 200 or not response.headers.get("Cache-Control", "").startswith("public"):
        return response
    response.headers["ETag"] = f'W/"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["Vary"] = VARY
    if not _knows(request, response.headers["ETag"]):
        return response
    kept = {name: response.headers[name] for name in ("Cache-Control", "ETag", "Vary")}
    return Response(status_code=304, headers=kept)


def _knows(request: Request, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags
