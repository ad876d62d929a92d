"""What the jobs do that change how an image is shown: edits, copies, and making everything anew."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.edit_plan import EditTask, decode_task
from app.domain.image import ThumbnailSize, thumbnail_key
from app.domain.job import Claim, JobKind, JobStep
from app.domain.upload import staging_key
from app.ports.imaging import Imaging
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.work import Recipes
from app.services.processing import ProcessingService, with_facts
from app.services.revisions import RevisionService, original_of


@dataclass(frozen=True, slots=True)
class EditingService:
    """Originals are read alone. What is made of them goes under keys of its own revision, and is shown by one write to
    the record, so each step may be run again after a crash at any point.
    """

    records: Records
    blobs: BlobStore
    imaging: Imaging
    processing: ProcessingService
    revisions: RevisionService

    def recipes(self) -> Recipes:
        return {JobKind.EDIT: self.process_edit, JobKind.TRANSFORM: self.process_transform}

    async def process_edit(self, claim: Claim) -> AsyncGenerator[JobStep]:
        """Show an image with all its edits, or make an edited copy of one.

        Raises:
            NotFound: The image of which this is to be a copy is gone.
            InvalidInput, InvalidImage, TooLarge, QuotaExceeded: It cannot be made; nothing changed.
        """
        task = decode_task(claim.job.input)
        steps = self._edit(claim, task) if task.copy_of is None else self._copy(claim, task)
        async for step in steps:
            yield step

    async def process_transform(self, claim: Claim) -> AsyncGenerator[JobStep]:
        """Make everything anew that is derived from an original, and from what edits made of it."""
        image = await self.records.images.find(claim.item.image_id)
        yield JobStep.FETCH
        if image is None:
            return
        if image.edited is None:
            async for step in self.processing.derive(image):
                yield step
            return
        original = await self.revisions.render(image.original_key)
        keys = {size: thumbnail_key(image.id, size) for size in ThumbnailSize}
        await self.revisions.put_thumbnails(original, keys)
        before = replace(image.edited.original, derived=with_facts(original, None, image).derived)
        made = await self.revisions.renew(image, image.edited, before)
        yield JobStep.TRANSFORM
        await self.records.edits.show(made)
        yield JobStep.PERSIST

    async def _edit(self, claim: Claim, task: EditTask) -> AsyncGenerator[JobStep]:
        image = await self.records.images.find(claim.item.image_id)
        yield JobStep.FETCH
        if image is None or image.revision >= task.revision:
            return  # deleted, or a later edit, which has this one in it, was faster
        made = await self.revisions.make(image, task.operations, task.revision, original_of(image))
        yield JobStep.TRANSFORM
        await self.records.edits.show(made)
        yield JobStep.PERSIST

    async def _copy(self, claim: Claim, task: EditTask) -> AsyncGenerator[JobStep]:
        image = await self.records.images.find(claim.item.image_id)
        if image is None:
            source = await self.records.images.find(task.copy_of) if task.copy_of else None
            if source is None:
                raise policy.no_image(task.copy_of or "")
            async with self.revisions.rendering, self.blobs.local_file(source.original_key) as path:
                made = await self.imaging.edit(path, task.operations)
            await self.blobs.put(staging_key(claim.item.image_id), made.data)
            image = await self.processing.take_in(claim, title=task.title, tags=task.tags)
        yield JobStep.FETCH
        async for step in self.processing.derive(image):
            yield step
