"""Edits: accepted here, carried out by a job."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from app.domain import policy
from app.domain.edit import MAX_OPERATIONS, EditOperation, Watermark, kind_of
from app.domain.edit_plan import EditPlan, EditTask, encode_task
from app.domain.edit_sizes import SizeLimits, edited_size
from app.domain.errors import Conflict, InvalidInput
from app.domain.flow import GENERAL, clean_flow_name
from app.domain.image import Image, ImageId, ImageState, clean_title, new_image_id
from app.domain.job import Job, JobItem, JobKind, Progress, new_job_id
from app.domain.viewer import User, Viewer
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, ring_job
from app.services.admission import AdmissionService
from app.services.flows import FlowService
from app.services.images import ImageService
from app.services.revisions import original_of

COPY_WAIT_S = 5.0
"""How long a caller waits for a copy, so as to be told of it at once."""

_TRIES = 5
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class EditRequest:
    """What is to be done with an image.

    Attributes:
        starts_over: Whether the operations take the place of the edits so far, rather than coming behind them.
        as_copy: Whether to leave the image as it is, and make a new one.
        title: Of the copy; that of the image when not given.
        flow: Of the copy; the flows of the image that the viewer may fill when not given.
    """

    image_id: str
    operations: tuple[EditOperation, ...]
    starts_over: bool = False
    as_copy: bool = False
    title: str | None = None
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class EditService:
    """An image has one list of edits, which are done anew on its original whenever the list changes."""

    records: Records
    images: ImageService
    flows: FlowService
    bell: Bell
    clock: Clock
    admission: AdmissionService
    limits: SizeLimits
    has_watermark: bool

    async def edit(self, viewer: Viewer, request: EditRequest) -> tuple[Image | None, Job]:
        """Start the job that shows an image with more edits, or that makes an edited copy of it.

        Returns the image as it is until then; of a copy None when it takes longer than some seconds to be there: the
        item of the job has its id.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer, the image, or the flow of a copy.
            InvalidInput: An operation does not fit the picture, or there are too many.
            Conflict: The image is not ready, or somebody else edits it at the same time.
            QueueFull, RateLimited: Too many jobs wait.
        """
        self._check(request)
        if request.as_copy:
            return await self._copy(viewer, request)
        return await self._plan(viewer, request.image_id, request.operations, starts_over=request.starts_over)

    async def revert(self, viewer: Viewer, image_id: str) -> tuple[Image, Job]:
        """Start the job that shows the original again.

        Raises:
            Unauthenticated, Forbidden, NotFound, Conflict, QueueFull, RateLimited
        """
        return await self._plan(viewer, image_id, (), starts_over=True)

    async def _copy(self, viewer: Viewer, request: EditRequest) -> tuple[Image | None, Job]:
        user = policy.require_uploader(viewer)
        _, before, image = await self._read(viewer, request.image_id)
        task = EditTask(
            operations=self._fit(image, request.operations if request.starts_over else before + request.operations),
            copy_of=image.id,
            title=image.title if request.title is None else clean_title(request.title),
            tags=image.tags,
        )
        flows = await self._find_flows(viewer, image, request.flow)
        await self.admission.check(user.id)
        job = self._new_job(user, task, flows)
        item = JobItem(job.id, 0, new_image_id())
        async with self.bell.listen(job.id) as wait:
            await self.records.jobs.add(job, (item,))
            await self._ring(job)
            with suppress(TimeoutError):
                async with asyncio.timeout(COPY_WAIT_S):
                    while (copy := await self.records.images.find(item.image_id)) is None:
                        await wait(_LOOK_S)
                    return copy, job
        return None, job

    async def _plan(
        self, viewer: Viewer, image_id: str, operations: tuple[EditOperation, ...], *, starts_over: bool
    ) -> tuple[Image, Job]:
        for _ in range(_TRIES):
            user = policy.require_editor(viewer)
            last, before, image = await self._read(viewer, image_id)
            wanted = self._fit(image, operations if starts_over else before + operations)
            await self.admission.check(user.id)
            revision = (last.revision if last else 0) + 1
            flows = (await self.records.flows.find_of_images((image.id,)))[image.id]
            job = self._new_job(user, EditTask(wanted, revision), tuple(flow.name for flow in flows))
            with suppress(Conflict):
                plan = EditPlan(revision, job.id, wanted)
                await self.records.edits.plan(image.id, plan, job, JobItem(job.id, 0, image.id))
                await self._ring(job)
                return image, job
        raise Conflict("The image is being edited by somebody else, too.", field=("id",))

    async def _read(self, viewer: Viewer, image_id: str) -> tuple[EditPlan | None, tuple[EditOperation, ...], Image]:
        """Return the last plan, the edits that the image has or is about to have, and the image.

        The plan and its job are read before the image: when the job has ended by then, what it did is seen.
        """
        plan = await self.records.edits.find_plan(ImageId(image_id))
        job = await self.records.jobs.find(plan.job_id) if plan else None
        [image] = await self.images.get_editable(viewer, (image_id,))
        if image.state is not ImageState.READY:
            raise Conflict("The image is not ready to be edited.", field=("id",))
        if plan is not None and job is not None and not job.state.is_final:
            return plan, plan.operations, image
        return plan, image.edited.operations if image.edited else (), image

    def _check(self, request: EditRequest) -> None:
        if not request.operations:
            raise InvalidInput("Give at least one operation.", field=("operations",))
        for name, value in (("title", request.title), ("flow", request.flow)):
            if value is not None and not request.as_copy:
                raise InvalidInput(f"`{name}` is for copies.", field=(name,))
        for number, operation in enumerate(request.operations):
            if isinstance(operation, Watermark) and not self.has_watermark:
                raise InvalidInput(
                    "This server has no watermark: `GF_WATERMARK` is not set.",
                    field=("operations", str(number), kind_of(operation).lower()),
                )

    def _fit(self, image: Image, operations: tuple[EditOperation, ...]) -> tuple[EditOperation, ...]:
        """Return the operations when all of them can be done. Raises: InvalidInput."""
        if len(operations) > MAX_OPERATIONS:
            raise InvalidInput(
                f"The image would have {len(operations)} edits; at most {MAX_OPERATIONS} are allowed.",
                field=("operations",),
            )
        original = original_of(image)
        if operations and original.frame_count > 1:
            raise InvalidInput("An animation cannot be edited.", field=("id",))
        edited_size(operations, (original.width, original.height), self.limits)
        return operations

    async def _find_flows(self, viewer: Viewer, image: Image, flow: str | None) -> tuple[str, ...]:
        if flow is not None:
            return await self.flows.check_fillable(viewer, (clean_flow_name(flow),))
        own = (await self.flows.find_of_images(viewer, (image.id,)))[image.id]
        return tuple(flow.name for flow in own if policy.can_fill_flow(viewer, flow)) or (GENERAL,)

    def _new_job(self, user: User, task: EditTask, flows: tuple[str, ...]) -> Job:
        return Job(
            id=new_job_id(),
            kind=JobKind.EDIT,
            owner_id=user.id,
            flows=flows,
            client_type=None,
            created_at=self.clock(),
            progress=Progress(1),
            input=encode_task(task),
        )

    async def _ring(self, job: Job) -> None:
        await self.bell.ring(WORK_TOPIC)
        await ring_job(self.bell, job)
