"""Flows, and their images page by page."""

from collections.abc import Mapping

from app.domain.image import ImageFilter, ImageOrder, ImageState
from app.domain.page import PageRequest
from app.rest import wire
from app.rest.envelope import Call


async def list_all(call: Call) -> Mapping[str, object]:
    return wire.all_flows(await call.services.flows.list_by_count(call.viewer))


async def browser_pages(call: Call) -> Mapping[str, object]:
    index, size, number = wire.page_window(call.query)
    shown = shown_images(wire.flow_name(call.query))
    images, names = await list_images(call, shown, first=size * index, count=size * number)
    starts = range(0, size * number, size)
    return wire.pages(
        [images[start : start + size] for start in starts], [names[start : start + size] for start in starts]
    )


def shown_images(flow_name: str) -> ImageFilter:
    """Return which images of a flow are on its pages: those of which everything is made."""
    return ImageFilter(flow=flow_name, states=(ImageState.READY,))


async def list_images(
    call: Call, shown: ImageFilter, *, first: int, count: int
) -> tuple[list[wire.Fields], list[str | None]]:
    """Return images, newest first, and beside each the name of its owner."""
    images = (await call.services.images.list(call.viewer, shown, ImageOrder(), PageRequest(count, skip=first))).items
    flows = await call.services.flows.find_of_images(call.viewer, [image.id for image in images])
    owners = await call.services.keys.find_users(list({image.owner_id for image in images}))
    names = {user_id: user.name for user_id, user in owners.items()}
    return [wire.listed_image(image, flows[image.id]) for image in images], [names.get(i.owner_id) for i in images]
