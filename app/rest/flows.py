"""Flows, and their images page by page."""

from collections.abc import Mapping

from app.domain.image import ImageFilter, ImageOrder, ImageState
from app.domain.page import MAX_PAGE_SIZE, PageRequest
from app.rest.envelope import Call
from app.rest.wire import answers, requests


async def list_all(call: Call) -> Mapping[str, object]:
    return answers.all_flows(await call.services.flows.list_by_count(call.viewer))


async def add_image(call: Call) -> Mapping[str, object]:
    """Start fetching one image from outside into flows, which are made where they are missing."""
    body = await call.body()
    job = await call.services.imports.start_external(
        call.viewer,
        (requests.external_image(body),),
        flows=requests.flow_names(body),
        client_type=requests.client_type(body),
    )
    [item] = (await call.services.jobs.items((job.id,)))[job.id]
    return answers.added_image(job, item.image_id)


async def find_existing(call: Call) -> Mapping[str, object]:
    """Answer with the images that came from some addresses, newest first, the first hundred of them."""
    urls, flow = requests.wanted_images(await call.body())
    wanted = ImageFilter(flow=flow, origin_urls=urls)
    page = PageRequest(MAX_PAGE_SIZE)
    images = (await call.services.images.list(call.viewer, wanted, ImageOrder(), page)).items if urls else ()
    flows = await call.services.flows.find_of_images(call.viewer, [image.id for image in images])
    return answers.existing_images((image, flows[image.id]) for image in images)


async def browser_pages(call: Call) -> Mapping[str, object]:
    index, size, number = requests.page_window(call.query)
    shown = shown_images(requests.flow_name(call.query))
    images, names = await list_images(call, shown, first=size * index, count=size * number)
    starts = range(0, size * number, size)
    return answers.pages(
        [images[start : start + size] for start in starts], [names[start : start + size] for start in starts]
    )


def shown_images(flow_name: str) -> ImageFilter:
    """Return which images of a flow are on its pages: those of which everything is made."""
    return ImageFilter(flow=flow_name, states=(ImageState.READY,))


async def list_images(
    call: Call, shown: ImageFilter, *, first: int, count: int
) -> tuple[list[answers.Fields], list[str | None]]:
    """Return images, newest first, and beside each the name of its owner."""
    images = (await call.services.images.list(call.viewer, shown, ImageOrder(), PageRequest(count, skip=first))).items
    flows = await call.services.flows.find_of_images(call.viewer, [image.id for image in images])
    owners = await call.services.keys.find_users(list({image.owner_id for image in images}))
    names = {user_id: user.name for user_id, user in owners.items()}
    return [answers.listed_image(image, flows[image.id]) for image in images], [names.get(i.owner_id) for i in images]
