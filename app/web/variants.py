"""Variants over HTTP: made at the first hit, plain objects from then on."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.viewer import ANONYMOUS
from app.services.objects import MovedObject
from app.services.variants import VariantService
from app.web.objects import path_param, send_on, send_stat

_REFUSED = re.compile(r"q=0(?:\.0{0,3})?")


async def send_variant(request: Request) -> Response:
    """GET and HEAD: a variant, whole or in part, unless the client has it already."""
    variants: VariantService = request.app.state.services.variants
    opened = await variants.open(
        getattr(request.state, "viewer", ANONYMOUS),
        path_param(request, "address"),
        request.query_params.get("signature"),
        accepted_types(request.headers.get("accept", "")),
    )
    if isinstance(opened, MovedObject):
        return send_on(request, opened)
    response = await send_stat(request, opened.stat, is_public=opened.is_public)
    if opened.is_negotiated:
        response.headers.add_vary_header("Accept")
    return response


def accepted_types(accept: str) -> frozenset[str]:
    """Return the media types that an Accept header (RFC 9110, 12.5.1) names: a wildcard is no promise of a format."""
    accepted = set()
    for item in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        if not any(_REFUSED.fullmatch(parameter) for parameter in parameters):
            accepted.add(media_type)
    return frozenset(accepted)


routes = [Route("/media/variants/{address:path}", send_variant, methods=["GET"])]
