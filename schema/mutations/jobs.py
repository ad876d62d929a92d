"""Mutations of jobs."""

from __future__ import annotations

import strawberry

from app.domain import job as domain
from app.domain.errors import InvalidInput
from app.domain.origin import Origin
from app.domain.rate import OperationClass
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.job import Job


@strawberry.input(description="Files of the server's own machine, inside the folders that it is set to import from.")
class LocalJobInput:
    path: str = strawberry.field(description="An absolute path of a file or a folder.")
    flows: list[str] | None = strawberry.field(
        default=None, description="Where the images go; `general` when not given."
    )
    recursive: bool = strawberry.field(default=False, description="Whether folders in the folder count, too.")


@strawberry.input(description="An image from outside.")
class ExternalImageInput:
    url: str = strawberry.field(description="Where its bytes are: http or https, 2048 characters at most.")
    page_url: str | None = strawberry.field(default=None, description="The page that shows it there.")


@strawberry.input(description="Images from outside. One that cannot be fetched fails its own item.")
class ExternalJobInput:
    images: list[ExternalImageInput] = strawberry.field(description="1 to 10,000.")
    flows: list[str] | None = strawberry.field(
        default=None, description="Where the images go; `general` when not given."
    )


@strawberry.input(
    description="Images of which thumbnails, placeholders and palette are made anew: either some, or all. A large job "
    "waits behind everything else."
)
class TransformJobInput:
    image_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="1 to 10,000 images that the viewer may change."
    )
    all: bool = strawberry.field(default=False, description="Every image that is ready; for admins.")


@strawberry.input(description="Images that a model looks at. What it says of them is kept as their labels.")
class ClassifyJobInput:
    image_ids: list[strawberry.ID] = strawberry.field(description="1 to 10,000 images that the viewer may change.")
    model: str | None = strawberry.field(default=None, description="Which model; the server's own when not given.")


@strawberry.input(one_of=True, description="Exactly one kind of work.")
class StartJobInput:
    external: ExternalJobInput | None = strawberry.field(
        default=strawberry.UNSET, description="Fetch images from outside."
    )
    local: LocalJobInput | None = strawberry.field(
        default=strawberry.UNSET, description="Import local files; for admins."
    )
    classify: ClassifyJobInput | None = strawberry.field(
        default=strawberry.UNSET, description="Let a model say what images show."
    )
    transform: TransformJobInput | None = strawberry.field(
        default=strawberry.UNSET, description="Make what is made of images anew."
    )


@strawberry.input(description="Which job.")
class CancelJobInput:
    job_id: strawberry.ID = strawberry.field(description="The job's id.")


@strawberry.input(description="Which job.")
class RetryJobInput:
    job_id: strawberry.ID = strawberry.field(description="The job's id.")


@strawberry.type(description="The job that was accepted.")
class StartJobPayload:
    job: Job | None = strawberry.field(default=None, description="The job; watch it with `jobStatus`.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The job that was stopped.")
class CancelJobPayload:
    job: Job | None = strawberry.field(default=None, description="The job as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The job that is tried again.")
class RetryJobPayload:
    job: Job | None = strawberry.field(default=None, description="The job as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class JobMutations:
    @mutation(StartJobPayload, "Start a job.", OperationClass.EXPENSIVE)
    async def start_job(self, info: Info, input: StartJobInput) -> StartJobPayload:
        if input.external:
            job = await _start_external(info, input.external)
        elif input.local:
            job = await _start_local(info, input.local)
        elif input.classify:
            job = await _start_classify(info, input.classify)
        elif input.transform:
            job = await _start_transform(info, input.transform)
        else:
            raise InvalidInput("Give what the job is to do.", field=("local",))
        return StartJobPayload(job=Job.from_domain(job))

    @mutation(CancelJobPayload, "Stop what is queued or running of a job; what is done stays.")
    async def cancel_job(self, info: Info, input: CancelJobInput) -> CancelJobPayload:
        job = await info.context.services.jobs.cancel(info.context.viewer, input.job_id)
        return CancelJobPayload(job=Job.from_domain(job))

    @mutation(RetryJobPayload, "Try the failed items of a job again.", OperationClass.EXPENSIVE)
    async def retry_job(self, info: Info, input: RetryJobInput) -> RetryJobPayload:
        job = await info.context.services.jobs.retry(info.context.viewer, input.job_id)
        return RetryJobPayload(job=Job.from_domain(job))


async def _start_external(info: Info, external: ExternalJobInput) -> domain.Job:
    origins = [Origin(image.url, image.page_url) for image in external.images]
    imports, viewer = info.context.services.imports, info.context.viewer
    return await imports.start_external(viewer, origins, flows=tuple(external.flows or ()))


async def _start_local(info: Info, local: LocalJobInput) -> domain.Job:
    imports, viewer = info.context.services.imports, info.context.viewer
    return await imports.start_local(viewer, local.path, flows=tuple(local.flows or ()), recursive=local.recursive)


async def _start_classify(info: Info, classify: ClassifyJobInput) -> domain.Job:
    classification, viewer = info.context.services.classification, info.context.viewer
    return await classification.start(viewer, classify.image_ids, classify.model)


async def _start_transform(info: Info, transform: TransformJobInput) -> domain.Job:
    image_jobs, viewer = info.context.services.image_jobs, info.context.viewer
    if transform.all == (transform.image_ids is not None):
        raise InvalidInput("Give either `imageIds` or `all`.", field=("transform", "imageIds"))
    if transform.all:
        return await image_jobs.transform_all(viewer)
    return await image_jobs.start(viewer, domain.JobKind.TRANSFORM, transform.image_ids or ())
