"""What the jobs do that change how an image is shown: edits, copies, and making everything anew."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.edit import EditOperation
from app.domain.edit_plan import EditTask, decode_task
from app.domain.image import Edited, Image, Shown, ThumbnailSize, thumbnail_key
from app.domain.job import Claim, JobKind, JobStep
from app.domain.objects import edited_key, edited_thumbnail_key
from app.domain.upload import staging_key
from app.ports.imaging import Imaging, Rendering
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.work import Recipes
from app.services.processing import ProcessingService


@dataclass(frozen=True, slots=True)
class EditingService:
    """Originals are read alone. What is made of them goes under keys of its own revision, and is shown by one write to
    the record, so each step may be run again after a crash at any point.
    """

    records: Records
    blobs: BlobStore
    imaging: Imaging
    processing: ProcessingService
    rendering: asyncio.Semaphore

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
        """Make everything anew that is derived from an original, and what edits made of it."""
        image = await self.records.images.find(claim.item.image_id)
        yield JobStep.FETCH
        if image is None:
            return
        if image.edited is None:
            async for step in self.processing.derive(image):
                yield step
            return
        original = await self._render(image.original_key)
        await self._put_thumbnails(original, {size: thumbnail_key(image.id, size) for size in ThumbnailSize})
        before = replace(image.edited.original, derived=original.derived)
        made = await self._make(image, image.edited.operations, image.edited.revision, before)
        yield JobStep.TRANSFORM
        await self.records.edits.show(made)
        yield JobStep.PERSIST

    async def _edit(self, claim: Claim, task: EditTask) -> AsyncGenerator[JobStep]:
        image = await self.records.images.find(claim.item.image_id)
        yield JobStep.FETCH
        if image is None or image.revision >= task.revision:
            return  # deleted, or a later edit, which has this one in it, was faster
        original = original_of(image)
        if task.operations:
            made = await self._make(image, task.operations, task.revision, original)
        else:
            made = _as_original(image, task.revision, original)
        yield JobStep.TRANSFORM
        await self.records.edits.show(made)
        yield JobStep.PERSIST

    async def _copy(self, claim: Claim, task: EditTask) -> AsyncGenerator[JobStep]:
        image = await self.records.images.find(claim.item.image_id)
        if image is None:
            source = await self.records.images.find(task.copy_of) if task.copy_of else None
            if source is None:
                raise policy.no_image(task.copy_of or "")
            async with self.rendering, self.blobs.local_file(source.original_key) as path:
                made = await self.imaging.edit(path, task.operations)
            await self.blobs.put(staging_key(claim.item.image_id), made.data)
            image = await self.processing.take_in(claim, title=task.title, tags=task.tags)
        yield JobStep.FETCH
        async for step in self.processing.derive(image):
            yield step

    async def _make(self, image: Image, operations: tuple[EditOperation, ...], revision: int, original: Shown) -> Image:
        """Make the objects of a revision; return the image as it is shown with them."""
        async with self.rendering, self.blobs.local_file(image.original_key) as path:
            made = await self.imaging.edit(path, operations)
        key = edited_key(image.id, revision, made.format)
        await self.blobs.put(key, made.data)
        async with self.blobs.local_file(key) as path:
            header = await self.imaging.inspect(path)
        rendering = await self._render(key)
        keys = {size: edited_thumbnail_key(image.id, revision, size) for size in ThumbnailSize}
        await self._put_thumbnails(rendering, keys)
        metadata = original.derived.metadata if original.derived else rendering.derived.metadata
        return replace(
            image,
            width=header.width,
            height=header.height,
            frame_count=header.frame_count,
            derived=replace(rendering.derived, metadata=metadata),
            edited=Edited(revision, operations, made.format, header.byte_size, header.sha256, original),
            revision=revision,
        )

    async def _render(self, key: str) -> Rendering:
        async with self.rendering, self.blobs.local_file(key) as path:
            return await self.imaging.render(path)

    async def _put_thumbnails(self, rendering: Rendering, keys: dict[ThumbnailSize, str]) -> None:
        pairs = zip(keys.values(), rendering.thumbnails, strict=True)
        await asyncio.gather(*(self.blobs.put(key, data) for key, data in pairs))


def original_of(image: Image) -> Shown:
    """Return how an image is shown without edits."""
    if image.edited is not None:
        return image.edited.original
    return Shown(image.width, image.height, image.frame_count, image.derived)


def _as_original(image: Image, revision: int, original: Shown) -> Image:
    return replace(
        image,
        width=original.width,
        height=original.height,
        frame_count=original.frame_count,
        derived=original.derived,
        edited=None,
        revision=revision,
    )
