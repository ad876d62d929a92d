"""The records of labels: what models said of images."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.image import ImageId
from app.domain.label import Classification, Label
from app.domain.label_rule import LabelAction


class LabelRecords(Protocol):
    """The labels of each image, model by model. They go with their image."""

    async def put(self, classification: Classification) -> None:
        """Keep what a model says of an image, instead of what it said before; nothing when the image is gone.

        What other models said stays. Flows that hold the image log that it changed.
        """
        ...

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Label, ...]]:
        """Return the labels of each image that has any, as `best_first` orders them."""
        ...

    async def add_actions(self, actions: Sequence[LabelAction]) -> None:
        """Keep what rules did to images; what was done to an image before, or is gone, is passed over."""
        ...

    async def find_actions(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[LabelAction, ...]]:
        """Return what rules did to each image to which they did something, the first thing first."""
        ...

    async def find_outdated(self, model: str, version: str, limit: int) -> tuple[ImageId, ...]:
        """Return READY images, by id, of which another version of the model was the last one to say something."""
        ...
