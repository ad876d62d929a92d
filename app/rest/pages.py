"""The two HTML pages: one image, and one flow. They run no script, and all that they show is escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from app.domain import policy
from app.rest import flows, images
from app.rest.envelope import Call
from app.rest.wire import requests
from app.web.errors import error_response

FIRST_PAGES = 6
"""So many pages of a flow are in its HTML; old scripts ask for the others as they are scrolled to."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    undefined=StrictUndefined,
)
_environment.tests["web_address"] = lambda text: text.startswith(("http://", "https://"))


async def image_page(call: Call) -> Response:
    image_id = requests.image_on_path(call.request.path_params)
    image = await images.find_ready(call, image_id)
    if image is None:
        return error_response(policy.no_image(image_id))
    exported = await images.export(call, image)
    created_at = image.created_at.isoformat(sep=" ", timespec="seconds")
    return _render(call, "image.html", image_id=image.id, image=exported, created_at=created_at)


async def flow_page(call: Call) -> Response:
    name = requests.flow_name(call.query)
    if await call.services.flows.find(call.viewer, name) is None:
        return error_response(policy.no_flow(name))
    size = requests.DEFAULT_PAGE_SIZE
    shown = flows.shown_images(name)
    listed, _ = await flows.list_images(call, shown, first=0, count=FIRST_PAGES * size)
    total = await call.services.images.count(call.viewer, shown)
    return _render(call, "flow.html", flow_name=name, images=listed, pages_num=-(-total // size))


def _render(call: Call, name: str, **values: object) -> Response:
    """Return a page, which may show what this server sends its pictures from."""
    sources = " ".join(("'self'", *call.request.app.state.media_origins))
    policy = (
        f"default-src 'none'; img-src {sources}; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return HTMLResponse(_environment.get_template(name).render(**values), headers=headers)
