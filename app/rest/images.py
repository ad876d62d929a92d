"""Images, one at a time."""

from collections.abc import Mapping

from starlette.responses import Response

from app.domain.image import Image, ImageState
from app.rest.envelope import Call
from app.rest.wire import answers, requests


async def get(call: Call) -> Mapping[str, object]:
    image = await find_ready(call, requests.image_id(call.query))
    return answers.found_image(None if image is None else await export(call, image))


async def classify(call: Call) -> Mapping[str, object]:
    """Let the server's model look at images; the answer is what it said of all of them."""
    image_ids = requests.image_ids(await call.body())
    return answers.classes(await call.services.classification.name_classes(call.viewer, image_ids))


async def report_colors(call: Call) -> Response:
    """Keep colours that a browser worked out; the answer is empty."""
    await call.services.images.report_colors(call.viewer, requests.color_reports(await call.body()))
    return Response()


async def share(call: Call) -> Mapping[str, object]:
    """Tell one address of an image by mail."""
    new, email = requests.share(await call.body(long=(requests.MAIL_BODY,)))
    await call.services.share_mails.send(call.viewer, new, email, call.absolute(""))
    return {}


async def find_ready(call: Call, image_id: str) -> Image | None:
    """Return the image once everything of it is made: old pages poll until it is there, then show thumbnails."""
    image = await call.services.images.find(call.viewer, image_id)
    return image if image is not None and image.state is ImageState.READY else None


async def export(call: Call, image: Image) -> answers.Fields:
    flows = await call.services.flows.find_of_images(call.viewer, (image.id,))
    owner = (await call.services.keys.find_users((image.owner_id,))).get(image.owner_id)
    return answers.export_image(image, owner.name if owner else None, flows[image.id])
