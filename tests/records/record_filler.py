"""Adds records until there is no room for more."""

from record_factories import make_image

from app.domain.errors import InsufficientStorage
from app.domain.image import Image
from app.ports.records import Records


async def fill(records: Records) -> tuple[list[Image], Image]:
    """Return the images that were kept, and the one that was not."""
    kept: list[Image] = []
    while True:
        image = make_image(title="x" * 255, tags=tuple(f"tag {number}" for number in range(20)))
        try:
            await records.images.add(image, ())
        except InsufficientStorage:
            return kept, image
        kept.append(image)
