"""Labels: what models said of images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.image import ImageId
from app.domain.label import Label
from app.ports.records import Records


@dataclass(frozen=True, slots=True)
class LabelService:
    records: Records

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Label, ...]]:
        """Return the labels, best first, of images that the caller was shown."""
        return await self.records.labels.find_of_images(image_ids)
