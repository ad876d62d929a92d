"""Mutations of jobs."""

from __future__ import annotations

import strawberry

from app.domain.errors import InvalidInput
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


@strawberry.input(one_of=True, description="Exactly one kind of work.")
class StartJobInput:
    local: LocalJobInput | None = strawberry.field(
        default=strawberry.UNSET, description="Import local files; for admins."
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
    @mutation(StartJobPayload, "Start a job.")
    async def start_job(self, info: Info, input: StartJobInput) -> StartJobPayload:
        if not input.local:
            raise InvalidInput("Give what the job is to do.", field=("local",))
        job = await info.context.services.imports.start_local(
            info.context.viewer,
            input.local.path,
            flows=tuple(input.local.flows or ()),
            recursive=input.local.recursive,
        )
        return StartJobPayload(job=Job.from_domain(job))

    @mutation(CancelJobPayload, "Stop what is queued or running of a job; what is done stays.")
    async def cancel_job(self, info: Info, input: CancelJobInput) -> CancelJobPayload:
        job = await info.context.services.jobs.cancel(info.context.viewer, input.job_id)
        return CancelJobPayload(job=Job.from_domain(job))

    @mutation(RetryJobPayload, "Try the failed items of a job again.")
    async def retry_job(self, info: Info, input: RetryJobInput) -> RetryJobPayload:
        job = await info.context.services.jobs.retry(info.context.viewer, input.job_id)
        return RetryJobPayload(job=Job.from_domain(job))
