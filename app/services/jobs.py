"""Jobs: looking at them, watching, stopping and trying again."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from app.domain import policy
from app.domain.errors import InvalidInput
from app.domain.job import Job, JobEvent, JobFilter, JobId, JobItem, is_job_id
from app.domain.page import Page, PageRequest
from app.domain.viewer import Viewer
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, jobs_topic, ring_job
from app.services.admission import AdmissionService
from app.services.tails import POLL_S, REPLAYED, Piece, Tails, give_way


@dataclass(frozen=True, slots=True)
class JobService:
    records: Records
    bell: Bell
    clock: Clock
    admission: AdmissionService
    tails: Tails[Job | None, JobEvent]

    async def find(self, viewer: Viewer, job_id: str) -> Job | None:
        """Return the job, or None when there is none that the viewer may see."""
        return (await self.find_many(viewer, (JobId(job_id),))).get(JobId(job_id))

    async def find_many(self, viewer: Viewer, job_ids: Sequence[JobId]) -> Mapping[JobId, Job]:
        """Return those that exist and that the viewer may see."""
        found = await self.records.jobs.find_many([job_id for job_id in job_ids if is_job_id(job_id)])
        return {job_id: job for job_id, job in found.items() if policy.can_see_job(viewer, job)}

    async def list(self, viewer: Viewer, filters: JobFilter, page: PageRequest) -> Page[Job]:
        """Return a page of the viewer's own jobs, or of everybody's for an admin. Raises: Unauthenticated."""
        return await self.records.jobs.list(_visible(viewer, filters), page)

    async def count(self, viewer: Viewer, filters: JobFilter) -> int:
        """Raises: Unauthenticated."""
        return await self.records.jobs.count(_visible(viewer, filters))

    async def items(self, job_ids: Sequence[JobId]) -> Mapping[JobId, tuple[JobItem, ...]]:
        """Return the items of jobs that the caller was shown."""
        return await self.records.jobs.items(job_ids)

    async def events(self, job_id: JobId, after: int = 0) -> tuple[JobEvent, ...]:
        """Return the log of a job that the caller was shown, after a sequence number, 500 events at most."""
        return await self.records.jobs.events(job_id, after)

    async def watch(self, viewer: Viewer, job_id: str, after: int = 0) -> AsyncGenerator[JobEvent]:
        """Yield the whole log after a sequence number, then live, until the job has ended.

        Raises:
            NotFound: There is no such job that the viewer may see.
        """
        await self._get(viewer, job_id)
        async with aclosing(self._each(JobId(job_id), after)) as events:
            async for event in events:
                yield event

    async def watch_by_id(self, job_id: str) -> AsyncGenerator[JobEvent]:
        """Yield the whole log, then live, to whoever knows the id, which cannot be guessed.

        Raises:
            NotFound: There is no such job.
        """
        if not is_job_id(job_id) or await self.records.jobs.find(JobId(job_id)) is None:
            raise policy.no_job(job_id)
        async with aclosing(self._each(JobId(job_id), after=0)) as events:
            async for event in events:
                yield event

    async def _each(self, job_id: JobId, after: int) -> AsyncGenerator[JobEvent]:
        async with aclosing(self.follow(job_id, after)) as batches:
            async for events in batches:
                for event in events:
                    yield event
                    await (give_way() if len(events) > REPLAYED else asyncio.sleep(0))

    async def has_news(self, job_id: JobId, after: int) -> bool:
        """Tell whether the log goes on, or may go on, after a sequence number, to whoever knows the job's id.

        Raises:
            NotFound
        """
        job = await self.records.jobs.find(job_id) if is_job_id(job_id) else None
        if job is None:
            raise policy.no_job(job_id)
        return not job.state.is_final or bool(await self.records.jobs.events(job_id, after, limit=1))

    async def follow(self, job_id: JobId, after: int = 0) -> AsyncGenerator[tuple[JobEvent, ...]]:
        """Yield the log in pieces for whoever knows the id, as `watch` does, and an empty piece now and then."""
        while (piece := await self._read(job_id, after)).lines:
            yield piece.lines
            after = piece.lines[-1].sequence
        if piece.is_over:
            return
        async with self.tails.hold(job_id, job_id, partial(self._read, job_id), piece, after) as tail:
            while not piece.is_over:
                lines = tail.since(after)
                if lines is None:
                    piece = await self._read(job_id, after)
                    lines = piece.lines
                elif not lines and tail.is_over:
                    return
                yield lines
                if lines:
                    after = lines[-1].sequence
                else:
                    await tail.wait()

    async def _read(self, job_id: JobId, after: int) -> Piece[Job | None, JobEvent]:
        # The job is read before its log, so that a job seen to have ended has all its events in it.
        job = await self.records.jobs.find(job_id)
        events = await self.records.jobs.events(job_id, after)
        return Piece(job, events, is_over=not events and (job is None or job.state.is_final))

    async def watch_own(self, viewer: Viewer) -> AsyncGenerator[Job]:
        """Yield the viewer's open jobs, the oldest first, then each of the viewer's jobs whenever it has changed.

        A reader that lags gets a job that changed more than once only as it is now.

        Raises:
            Unauthenticated
        """
        owner_id = policy.require_user(viewer).id
        async with self.bell.listen(jobs_topic(owner_id)) as wait:
            changes = await self.records.jobs.open_jobs(owner_id)
            while True:
                for job in changes.jobs:
                    yield job
                changes = await self.records.jobs.changed(owner_id, changes.revision)
                if not changes.jobs:
                    await wait(POLL_S)

    async def cancel(self, viewer: Viewer, job_id: str) -> Job:
        """Stop what is queued or running. Raises: Unauthenticated, Forbidden, NotFound, JobFinished."""
        policy.require_uploader(viewer)
        await self._get(viewer, job_id)
        job = await self.records.jobs.cancel(JobId(job_id), self.clock())
        await ring_job(self.bell, job)
        return job

    async def retry(self, viewer: Viewer, job_id: str) -> Job:
        """Queue the failed items again.

        Raises:
            Unauthenticated, Forbidden, NotFound, JobFinished
            QueueFull, RateLimited: Too many jobs wait.
        """
        policy.require_uploader(viewer)
        await self.admission.check((await self._get(viewer, job_id)).owner_id)
        job = await self.records.jobs.retry(JobId(job_id), self.clock())
        await self.bell.ring(WORK_TOPIC)
        await ring_job(self.bell, job)
        return job

    async def _get(self, viewer: Viewer, job_id: str) -> Job:
        job = await self.find(viewer, job_id)
        if job is None:
            raise policy.no_job(job_id)
        return job


def encode_event_cursor(sequence: int) -> str:
    """Return an event's place in its log as the opaque text that clients keep."""
    return f"e{sequence}"


def decode_event_cursor(cursor: str | None) -> int:
    """Return the sequence number that a cursor stands for; 0 for none.

    Raises:
        InvalidInput: It is no cursor of ours.
    """
    if cursor is None:
        return 0
    digits = cursor.removeprefix("e")
    if digits == cursor or not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        raise InvalidInput(f"The cursor {cursor[:80]!r} is not one that this server gave.", field=("after",))
    return int(digits)


def _visible(viewer: Viewer, filters: JobFilter) -> JobFilter:
    user = policy.require_user(viewer)
    return filters if viewer.is_admin else replace(filters, owner_id=user.id)
