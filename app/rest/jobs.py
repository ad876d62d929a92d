"""Jobs: started for images from outside, and watched as server-sent events by whoever knows the id."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime

from starlette.responses import Response

from app.domain.errors import NotFound
from app.domain.job import JobEvent, JobId
from app.rest.envelope import Call
from app.rest.errors import NOT_FOUND
from app.rest.streams import encode_event, last_event_time, stream, unix_id
from app.rest.wire import answers, events, requests
from app.services.jobs import JobService
from app.web.job_events import EVENTS

Wrap = Callable[[answers.Fields], answers.Fields]


async def start(call: Call) -> Mapping[str, object]:
    """Start fetching images from outside; the answer tells the ids and addresses that the job then makes."""
    body = await call.body(long=requests.ADDRESS_LISTS)
    job = await call.services.imports.start_external(
        call.viewer,
        requests.external_images(body),
        flows=requests.flow_names(body),
        client_type=requests.client_type(body),
    )
    return answers.running_job(job, (await call.services.jobs.items((job.id,)))[job.id])


async def status(call: Call) -> Response:
    return stream(call.request, _lines(call, requests.job_id(call.query), lambda fields: fields))


async def watch_events(call: Call) -> Response:
    """Answer with the same log in the words of the later stream, which begins with a greeting."""
    events_id = requests.events_id(call.query)

    async def greeted() -> AsyncGenerator[bytes]:
        yield encode_event(events.connection_event(events_id))
        async with aclosing(_lines(call, events_id, lambda fields: events.logged_event(events_id, fields))) as lines:
            async for line in lines:
                yield line

    return stream(call.request, greeted())


async def _lines(call: Call, job_id: str, wrap: Wrap) -> AsyncGenerator[bytes]:
    """Yield the log behind the last event that the client has; for a job that is not there, one error."""
    jobs: JobService = call.services.jobs
    seen = last_event_time(call.request)
    try:
        urls = events.source_urls((await jobs.items((JobId(job_id),))).get(JobId(job_id), ()))
        with call.services.meter.watching(EVENTS):
            async with aclosing(jobs.watch_by_id(job_id)) as log:
                async for event in log:
                    fields = events.job_event(event, "" if event.position is None else urls.get(event.position, ""))
                    if fields is not None and not _is_seen(event, seen):
                        yield encode_event(wrap(fields), unix_id(event.at))
    except NotFound as error:
        yield encode_event(wrap(events.failed_job_event(NOT_FOUND, error.message)), unix_id(jobs.clock()))


def _is_seen(event: JobEvent, seen: datetime | None) -> bool:
    return seen is not None and event.at <= seen
