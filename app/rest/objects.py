"""Objects by their old addresses."""

from collections.abc import Mapping

from starlette.responses import Response

from app.domain.errors import DomainError
from app.rest.envelope import Call
from app.rest.errors import INVALID_VALUE, Refusal
from app.rest.wire import answers, requests
from app.web.errors import error_response
from app.web.objects import send_object, send_stat


async def send(call: Call) -> Response:
    """Answer with the bytes; who may not see them, or asks for what is not there, gets a plain 404."""
    flow = requests.named_flow(call.query)
    if flow is not None and await call.services.flows.find(call.viewer, flow) is None:
        raise Refusal(INVALID_VALUE, "image to resolve in unexisting flow")
    call.request.state.viewer = call.viewer
    key: str = call.request.path_params["key"]
    frame = requests.gif_frame(key)
    try:
        if frame is not None:
            opened = await call.services.variants.open_preview_frame(call.viewer, *frame)
            return await send_stat(call.request, opened.stat, is_public=opened.is_public)
        call.request.path_params["key"] = requests.original_key(key)
        return await send_object(call.request, follows=True)
    except DomainError as error:
        return error_response(error)


async def resolve_many(call: Call) -> Mapping[str, object]:
    keys = requests.object_keys(await call.body())
    paths = await call.services.objects.find_paths(call.viewer, keys)
    return answers.urls(None if path is None else call.media(path) for path in paths)
