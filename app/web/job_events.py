"""The log of a job as plain server-sent events, which any `EventSource` resumes by itself.

The job's id is the permission, so nothing here tells of its owner: of an error only the code, as messages name files.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from app.container.bundle import Services
from app.domain.job import JobEvent, JobId
from app.domain.rate import OperationClass
from app.ports.meter import Meter
from app.services.jobs import decode_event_cursor, encode_event_cursor
from app.web.headers import SAFETY_HEADERS
from app.web.rates import caller_of

HEARTBEAT_S = 15.0
"""Proxies close what is silent for a minute; https://html.spec.whatwg.org/#authoring-notes suggests 15 seconds."""

EVENTS = "jobEvents"
"""What its readers are counted as."""

_HEADERS = {
    **SAFETY_HEADERS,
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}


class EventStream(StreamingResponse):
    """Starlette's answer, which lets go of what it reads from at once when the client has gone."""

    def __init__(self, chunks: AsyncGenerator[bytes], meter: Meter) -> None:
        super().__init__(chunks, headers=_HEADERS)
        self.chunks = chunks
        self.meter = meter

    async def stream_response(self, send: Send) -> None:
        with self.meter.watching(EVENTS):
            async with aclosing(self.chunks):
                await super().stream_response(send)


async def send_job_events(request: Request) -> Response:
    """GET: the log behind `Last-Event-ID` or `after`, then live until the job has ended; 204 when nothing comes.

    That ends an `EventSource`, which else would connect again and again behind the end.
    """
    services: Services = request.app.state.services
    await services.rates.take(caller_of(request, request.state.viewer), {OperationClass.READ: 1})
    jobs = services.jobs
    job_id = JobId(request.path_params["job_id"])
    after = decode_event_cursor(request.headers.get("last-event-id") or request.query_params.get("after"))
    if not await jobs.has_news(job_id, after):
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})
    if request.method == "HEAD":
        return Response(headers=_HEADERS)
    return EventStream(event_chunks(jobs.follow(job_id, after)), services.meter)


async def event_chunks(
    pieces: AsyncGenerator[tuple[JobEvent, ...]], clock: Callable[[], float] = time.monotonic
) -> AsyncGenerator[bytes]:
    """Yield the text of the events, and a comment when there were none for a while."""
    sent_at = clock()
    async with aclosing(pieces):
        async for events in pieces:
            if events:
                yield b"".join(map(event_text, events))
            elif clock() - sent_at >= HEARTBEAT_S:
                yield b":\n\n"
            else:
                continue
            sent_at = clock()


def event_text(event: JobEvent) -> bytes:
    """Return one event as the stream has it."""
    data = {
        "step": event.step,
        "kind": event.kind,
        "imageId": event.image_id,
        "position": event.position,
        "error": event.error.code if event.error else None,
    }
    head = f"id: {encode_event_cursor(event.sequence)}\nevent: {event.kind}\ndata: "
    return head.encode() + orjson.dumps(data) + b"\n\n"


routes = [Route("/jobs/{job_id}/events", send_job_events, methods=["GET"])]
