"""Queries for jobs."""

from __future__ import annotations

import strawberry

from app.domain import job as domain
from app.domain.image import ImageId
from app.domain.page import page_request
from schema.context import Info
from schema.pagination import Connection, connection
from schema.types.job import Job


@strawberry.input(description="Which jobs; all given parts must hold.")
class JobFilter:
    kind: list[domain.JobKind] | None = strawberry.field(default=None, description="Of one of these kinds.")
    state: list[domain.JobState] | None = strawberry.field(default=None, description="In one of these states.")
    image: strawberry.ID | None = strawberry.field(default=None, description="That worked on this image.")

    def to_domain(self) -> domain.JobFilter:
        return domain.JobFilter(
            kinds=tuple(self.kind or ()),
            states=tuple(self.state or ()),
            image_id=ImageId(self.image) if self.image is not None else None,
        )


@strawberry.type
class JobQueries:
    @strawberry.field(description="A job by its id; null when there is none that the viewer may see.")
    async def job(self, info: Info, id: strawberry.ID) -> Job | None:
        job = await info.context.services.jobs.find(info.context.viewer, id)
        return Job.from_domain(job) if job else None

    @strawberry.field(description="The viewer's own jobs, or everybody's for an admin; the newest first.")
    async def jobs(
        self,
        info: Info,
        filter: JobFilter | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Job]:
        jobs, viewer = info.context.services.jobs, info.context.viewer
        filters = filter.to_domain() if filter else domain.JobFilter()
        page = await jobs.list(viewer, filters, page_request(first, after, last, before))
        return connection(page, Job.from_domain, lambda: jobs.count(viewer, filters))
