"""Jobs as streams of server-sent events, for whoever knows the id."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

from starlette.responses import Response

from app.domain.errors import NotFound
from app.domain.job import JobEvent, JobId
from app.rest import wire
from app.rest.envelope import Call
from app.rest.errors import NOT_FOUND
from app.rest.streams import encode_event, last_event_time, stream, unix_id
from app.services.jobs import JobService

Wrap = Callable[[wire.Fields], wire.Fields]


async def status(call: Call) -> Response:
    return stream(call.request, _lines(call, wire.job_id(call.query), lambda fields: fields))


async def events(call: Call) -> Response:
    """Answer with the same log in the words of the later stream, which begins with a greeting."""
    events_id = wire.events_id(call.query)

    async def greeted() -> AsyncGenerator[bytes]:
        yield encode_event(wire.connection_event(events_id))
        async with aclosing(_lines(call, events_id, lambda fields: wire.logged_event(events_id, fields))) as lines:
            async for line in lines:
                yield line

    return stream(call.request, greeted())


async def _lines(call: Call, job_id: str, wrap: Wrap) -> AsyncGenerator[bytes]:
    """Yield the log behind the last event that the client has; for a job that is not there, one error."""
    jobs: JobService = call.services.jobs
    seen = last_event_time(call.request)
    try:
        urls = wire.source_urls((await jobs.items((JobId(job_id),))).get(JobId(job_id), ()))
        async with aclosing(jobs.watch_by_id(job_id)) as log:
            async for event in log:
                fields = wire.job_event(event, "" if event.position is None else urls.get(event.position, ""))
                if fields is not None and not _is_seen(event, seen):
                    yield encode_event(wrap(fields), unix_id(event.at))
    except NotFound as error:
        yield encode_event(wrap(wire.failed_job_event(NOT_FOUND, error.message)), unix_id(jobs.clock()))


def _is_seen(event: JobEvent, seen: datetime | None) -> bool:
    return seen is not None and event.at <= seen
