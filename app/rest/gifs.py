"""GIFs, and frames that give an impression of them."""

from collections.abc import Mapping

from app.domain.image import Image, ImageFilter, ImageFormat, ImageOrder, ImageState
from app.domain.page import PageRequest
from app.rest.envelope import Call
from app.rest.images import find_ready
from app.rest.wire import answers, requests


async def get_info(call: Call) -> Mapping[str, object]:
    url, image_id = requests.wanted_gif(call.query)
    image = await find_ready(call, image_id) if url is None else await _find_by_origin(call, url)
    return answers.found_gif(image if image is not None and image.format is ImageFormat.GIF else None)


async def _find_by_origin(call: Call, url: str) -> Image | None:
    """Return the newest GIF that was fetched from an address."""
    wanted = ImageFilter(formats=(ImageFormat.GIF,), states=(ImageState.READY,), origin_urls=(url,))
    images = (await call.services.images.list(call.viewer, wanted, ImageOrder(), PageRequest(1))).items
    return images[0] if images else None
