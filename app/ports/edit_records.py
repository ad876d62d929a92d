"""The records of edits: what is planned for an image, and what of it is shown."""

from typing import Protocol

from app.domain.edit_plan import EditPlan
from app.domain.image import Image, ImageId
from app.domain.job import Job, JobItem


class EditRecords(Protocol):
    async def find_plan(self, image_id: ImageId) -> EditPlan | None:
        """Return the plan that was accepted last, whether it has been carried out or not."""
        ...

    async def plan(self, image_id: ImageId, plan: EditPlan, job: Job, item: JobItem) -> None:
        """Keep the plan that follows the last one, and its job.

        Raises:
            NotFound: The image is gone; nothing changed.
            Conflict: Another plan has this revision, or a later one; nothing changed.
        """
        ...

    async def show(self, image: Image) -> None:
        """Make the image READY and show it as it is given: with its size, frames, what was derived, and edits.

        Nothing happens when it is deleted, or shown in a later revision. Flows that hold it log that it changed.
        """
        ...
