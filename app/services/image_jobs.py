"""Jobs on images that are here: what is made of them is made anew."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import InvalidInput
from app.domain.image import ImageFilter, ImageId, ImageOrder, ImageState
from app.domain.job import MAX_ITEMS, Job, JobItem, JobKind, Progress, new_job_id
from app.domain.page import MAX_PAGE_SIZE, PageRequest
from app.domain.viewer import Viewer
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, ring_job
from app.services.admission import AdmissionService
from app.services.images import ImageService


@dataclass(frozen=True, slots=True)
class ImageJobService:
    records: Records
    images: ImageService
    bell: Bell
    clock: Clock
    admission: AdmissionService

    async def start(self, viewer: Viewer, kind: JobKind, image_ids: Sequence[str], *, given: str | None = None) -> Job:
        """Start work on images that the viewer may change; `given` is the job's `input`.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer, or one of the images; nothing is started.
            InvalidInput: There are no images or too many.
            QueueFull, RateLimited: Too many jobs wait.
        """
        user = policy.require_editor(viewer)
        if not 1 <= len(image_ids) <= MAX_ITEMS:
            raise InvalidInput(f"Give 1 to {MAX_ITEMS} images, not {len(image_ids)}.", field=("imageIds",))
        images = await self.images.get_editable(viewer, tuple(dict.fromkeys(image_ids)))
        await self.admission.check(user.id)
        job = Job(
            id=new_job_id(),
            kind=kind,
            owner_id=user.id,
            flows=(),
            client_type=None,
            created_at=self.clock(),
            progress=Progress(len(images)),
            input=given,
        )
        await self.records.jobs.add(job, [JobItem(job.id, n, image.id) for n, image in enumerate(images)])
        await self.bell.ring(WORK_TOPIC)
        await ring_job(self.bell, job)
        return job

    async def transform_all(self, viewer: Viewer) -> Job:
        """Make thumbnails, placeholders and palette of every image anew, when one job can hold them.

        Raises:
            Unauthenticated, Forbidden: The viewer is no admin.
            InvalidInput: There are no images, or too many for one job.
        """
        policy.require_admin(viewer)
        batches = self.list_ready(viewer)
        first = await anext(batches, ())
        if await anext(batches, None) is not None:
            raise InvalidInput(
                f"There are more than {MAX_ITEMS} images; `gf-images transform` goes through them in parts.",
                field=("transform", "all"),
            )
        return await self.start(viewer, JobKind.TRANSFORM, first)

    async def list_ready(self, viewer: Viewer) -> AsyncGenerator[tuple[ImageId, ...]]:
        """Yield the ids of all images that the viewer may see and that are ready, oldest first, a job's at a time."""
        filters, order = ImageFilter(states=(ImageState.READY,)), ImageOrder(descending=False)
        batch: list[ImageId] = []
        request: PageRequest | None = PageRequest(MAX_PAGE_SIZE)
        while request is not None:
            page = await self.images.list(viewer, filters, order, request)
            batch += [image.id for image in page.items]
            request = PageRequest(MAX_PAGE_SIZE, after=page.cursors[-1]) if page.has_next else None
            if batch and (request is None or len(batch) >= MAX_ITEMS):
                yield tuple(batch)
                batch.clear()
