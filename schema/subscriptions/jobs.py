"""Subscriptions to jobs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from app.services.jobs import decode_event_cursor
from schema.context import Info
from schema.types.job import Job, JobEvent


@strawberry.type
class JobSubscriptions:
    @strawberry.subscription(
        description="The whole log of a job from the start, or behind `after`; then live until the job has ended."
    )
    async def job_status(
        self, info: Info, job_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[JobEvent, None]:
        events = info.context.services.jobs.watch(info.context.viewer, job_id, decode_event_cursor(after))
        async with aclosing(events):
            async for event in events:
                yield JobEvent.from_domain(event)

    @strawberry.subscription(
        description="The viewer's own open jobs, the oldest first; then each of the viewer's jobs when it has changed."
    )
    async def viewer_jobs(self, info: Info) -> AsyncGenerator[Job, None]:
        async with aclosing(info.context.services.jobs.watch_own(info.context.viewer)) as jobs:
            async for job in jobs:
                yield Job.from_domain(job)
