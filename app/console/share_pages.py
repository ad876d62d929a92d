"""The page of a share, for people and for link previews (https://ogp.me), and its pictures. It runs no script."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.domain.errors import NotFound
from app.domain.image import ThumbnailSize, fit_within
from app.domain.rate import OperationClass
from app.services.share_pages import OpenedShare, SharePageService
from app.services.shares import SHARES_PATH
from app.web.addresses import base_url_of
from app.web.headers import object_headers
from app.web.objects import path_param, send_bytes
from app.web.rates import caller_of
from app.web.variants import accepted_types

MAX_DESCRIPTION = 200
"""Characters that a link preview shows of a message; most cut it off before."""

_HIDDEN = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}
"""The address is the permission, so no search engine may find it, and no other site may learn it."""

_PAGE_HEADERS = {
    **_HIDDEN,
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}

_ROBOTS = re.compile(r"bot\b|crawl|spider|preview|facebookexternalhit|whatsapp|embedly|slack", re.IGNORECASE)
"""Those who fetch a page to show what a link leads to, by how they call themselves."""

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


async def show(request: Request) -> Response:
    """GET: the page. Opening it counts as a view, unless a robot does or a browser looks ahead."""
    await request.app.state.services.rates.take(caller_of(request, request.state.viewer), {OperationClass.READ: 1})
    pages = _pages(request)
    try:
        opened = await pages.open(path_param(request, "token"))
    except NotFound:
        return _render("share_gone.html", 404)
    if _is_view(request):
        await pages.count_view(opened)
    return _render("share.html", 200, **_values_of(request, opened))


async def send_picture(request: Request) -> Response:
    """GET: the picture of the page."""
    accepted = accepted_types(request.headers.get("accept", ""))
    stat = await _pages(request).picture(request.path_params["token"], accepted)
    response = await send_bytes(request, stat, _picture_headers(object_headers(stat, is_public=False)))
    response.headers.add_vary_header("Accept")
    return response


async def send_preview(request: Request) -> Response:
    """GET: the small picture of mails and link previews."""
    stat = await _pages(request).preview(request.path_params["token"])
    return await send_bytes(request, stat, _picture_headers(object_headers(stat, is_public=False)))


routes = [
    Route(SHARES_PATH + "{token}", show, methods=["GET"]),
    Route(SHARES_PATH + "{token}/picture", send_picture, methods=["GET"]),
    Route(SHARES_PATH + "{token}/preview.jpeg", send_preview, methods=["GET"]),
]


def _pages(request: Request) -> SharePageService:
    pages: SharePageService = request.app.state.services.share_pages
    return pages


def _is_view(request: Request) -> bool:
    headers = request.headers
    looks_ahead = any("prefetch" in headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return request.method == "GET" and not looks_ahead and not _ROBOTS.search(headers.get("user-agent", ""))


def _picture_headers(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers of a picture that may be revoked: asked for again each time, and named like every other."""
    extension = headers["Content-Disposition"].rpartition(".")[2].rstrip('"')
    own = {"Cache-Control": "private, no-cache", "Content-Disposition": f'inline; filename="picture.{extension}"'}
    return {**headers, **_HIDDEN, **own}


def _values_of(request: Request, opened: OpenedShare) -> dict[str, object]:
    share, (width, height) = opened.share, opened.size
    path = request.url.path
    message = " ".join(share.message.split())
    shortened = message if len(message) <= MAX_DESCRIPTION else message[: MAX_DESCRIPTION - 1].rstrip() + "…"
    by = f"Shared by {opened.sender}"
    preview = fit_within(opened.image.width, opened.image.height, ThumbnailSize.LARGE.bound)
    return {
        "title": share.title or "A picture for you",
        "message": share.message,
        "description": shortened or by,
        "by": by,
        "page_url": f"{base_url_of(request, request.app.state.settings)}{path}",
        "path": path,
        "width": width,
        "height": height,
        "preview_size": preview,
        "expires_on": f"{share.expires_at:%Y-%m-%d}",
    }


def _render(name: str, status: int, **values: object) -> Response:
    return HTMLResponse(_environment.get_template(name).render(**values), status, headers=_PAGE_HEADERS)
