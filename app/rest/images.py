"""Images, one at a time."""

from collections.abc import Mapping

from app.domain.image import ImageState
from app.rest import wire
from app.rest.envelope import Call


async def get(call: Call) -> Mapping[str, object]:
    """Answer with the image once everything of it is made: old pages poll until it is there, then show thumbnails."""
    image = await call.services.images.find(call.viewer, wire.image_id(call.query))
    if image is None or image.state is not ImageState.READY:
        return wire.found_image(None)
    flows = await call.services.flows.find_of_images(call.viewer, (image.id,))
    owner = (await call.services.keys.find_users((image.owner_id,))).get(image.owner_id)
    return wire.found_image(wire.export_image(image, owner.name if owner else None, flows[image.id]))
