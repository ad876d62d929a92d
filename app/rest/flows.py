"""Flows, and their images page by page."""

from collections.abc import Mapping

from app.domain.image import ImageFilter, ImageOrder, ImageState
from app.domain.page import PageRequest
from app.rest import wire
from app.rest.envelope import Call


async def list_all(call: Call) -> Mapping[str, object]:
    return wire.all_flows(await call.services.flows.list_by_count(call.viewer))


async def browser_pages(call: Call) -> Mapping[str, object]:
    """Answer with pages of a flow, newest first, and beside each image the name of its owner."""
    index, size, number = wire.page_window(call.query)
    shown = ImageFilter(flow=wire.flow_name(call.query), states=(ImageState.READY,))
    window = PageRequest(size * number, skip=size * index)
    images = (await call.services.images.list(call.viewer, shown, ImageOrder(), window)).items
    flows = await call.services.flows.find_of_images(call.viewer, [image.id for image in images])
    owners = await call.services.keys.find_users(list({image.owner_id for image in images}))
    names = {user_id: user.name for user_id, user in owners.items()}
    chunks = [images[start : start + size] for start in range(0, size * number, size)]
    return wire.pages(
        [[wire.listed_image(image, flows[image.id]) for image in chunk] for chunk in chunks],
        [[names.get(image.owner_id) for image in chunk] for chunk in chunks],
    )
