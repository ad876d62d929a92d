"""Jobs: their items, and the log of what happened."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import job as domain
from app.domain.error_code import ErrorCode
from app.domain.policy import no_job
from app.services.jobs import decode_event_cursor, encode_event_cursor
from schema.context import Info
from schema.types.image import Image
from schema.types.node import Node

strawberry.enum(domain.JobKind, description="What a job does: takes images in, or makes what is made of them anew.")
strawberry.enum(domain.JobState, description="How far a job or an item is; an item is never FAILED_PARTIAL.")
strawberry.enum(
    domain.JobStep, description="What an event is about: bytes, plugins, pixels, keeping, the end, another try."
)
strawberry.enum(
    domain.EventKind, description="COMPLETED is the last event of a job in which at least one item was done."
)


@strawberry.type(description="Why an item failed, or had to be tried again.")
class JobError:
    code: ErrorCode = strawberry.field(description="What kind of failure it is.")
    message: str = strawberry.field(description="What was wrong, safe to show to people.")

    @classmethod
    def from_domain(cls, error: domain.ItemError | None) -> JobError | None:
        return cls(code=error.code, message=error.message) if error else None


@strawberry.type(description="How many items of a job are settled.")
class Progress:
    total: int = strawberry.field(description="All items.")
    done: int = strawberry.field(description="Items that were completed.")
    failed: int = strawberry.field(description="Items that failed.")


@strawberry.type(description="One image of a job.")
class JobItem:
    record: strawberry.Private[domain.JobItem]
    position: int = strawberry.field(description="Its place in the job, from 0.")
    image_id: strawberry.ID = strawberry.field(description="The id of the image, fixed before its bytes are taken in.")
    source: str | None = strawberry.field(description="The file that it came from, for a LOCAL job.")
    source_url: str | None = strawberry.field(description="The address that it came from as given, if it is EXTERNAL.")
    state: domain.JobState = strawberry.field(description="How far it is.")
    attempts: int = strawberry.field(description="How often its work was begun.")
    error: JobError | None = strawberry.field(description="Why it failed; null otherwise.")

    @classmethod
    def from_domain(cls, item: domain.JobItem) -> JobItem:
        return cls(
            record=item,
            position=item.position,
            image_id=strawberry.ID(item.image_id),
            source=item.source,
            source_url=item.origin.url if item.origin else None,
            state=item.state,
            attempts=item.attempts,
            error=JobError.from_domain(item.error),
        )

    @strawberry.field(description="The image; null until its bytes are taken in, or when it is deleted.")
    async def image(self, info: Info) -> Image | None:
        image = await info.context.loaders.images.load(self.record.image_id)
        return Image.from_domain(image) if image else None


@strawberry.type(description="Work on one or many images that goes on after the request.")
class Job(Node):
    record: strawberry.Private[domain.Job]
    kind: domain.JobKind = strawberry.field(description="What it does.")
    state: domain.JobState = strawberry.field(description="How far it is.")
    created_at: datetime = strawberry.field(description="When it was accepted.")
    started_at: datetime | None = strawberry.field(description="When its first item was begun.")
    finished_at: datetime | None = strawberry.field(description="When its last item was settled.")
    progress: Progress = strawberry.field(description="How many items are settled.")

    @classmethod
    def from_domain(cls, job: domain.Job) -> Job:
        progress = job.progress
        return cls(
            record=job,
            id=strawberry.ID(job.id),
            kind=job.kind,
            state=job.state,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            progress=Progress(total=progress.total, done=progress.done, failed=progress.failed),
        )

    @strawberry.field(description="All its items, in their order.")
    async def items(self, info: Info) -> list[JobItem]:
        return [JobItem.from_domain(item) for item in await info.context.loaders.items.load(self.record.id)]

    @strawberry.field(description="Its log after a cursor, or from the start: 500 events at most.")
    async def events(self, info: Info, after: str | None = None) -> list[JobEvent]:
        events = await info.context.services.jobs.events(self.record.id, decode_event_cursor(after))
        return [JobEvent.from_domain(event) for event in events]


@strawberry.type(description="One line of a job's log.")
class JobEvent:
    record: strawberry.Private[domain.JobEvent]
    cursor: str = strawberry.field(description="Its place in the log; `after` goes on behind it.")
    at: datetime = strawberry.field(description="When it happened; strictly rising within a job.")
    step: domain.JobStep = strawberry.field(description="What it tells about.")
    kind: domain.EventKind = strawberry.field(description="Whether that went well, went wrong, or ended the job.")
    error: JobError | None = strawberry.field(description="What went wrong; null when nothing did.")

    @classmethod
    def from_domain(cls, event: domain.JobEvent) -> JobEvent:
        return cls(
            record=event,
            cursor=encode_event_cursor(event.sequence),
            at=event.at,
            step=event.step,
            kind=event.kind,
            error=JobError.from_domain(event.error),
        )

    @strawberry.field(description="The image that it is about, as it is now; null for the whole job.")
    async def image(self, info: Info) -> Image | None:
        image = await info.context.loaders.images.load(self.record.image_id) if self.record.image_id else None
        return Image.from_domain(image) if image else None

    @strawberry.field(description="The item that it is about, as it is now; null for the whole job.")
    async def item(self, info: Info) -> JobItem | None:
        if self.record.position is None:
            return None
        items = await info.context.loaders.items.load(self.record.job_id)
        return JobItem.from_domain(items[self.record.position]) if self.record.position < len(items) else None

    @strawberry.field(description="The job, as it is now.")
    async def job(self, info: Info) -> Job:
        job = await info.context.loaders.jobs.load(self.record.job_id)
        if job is None:
            raise no_job(self.record.job_id)
        return Job.from_domain(job)
