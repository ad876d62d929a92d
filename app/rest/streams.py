"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as bytes."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_S = 15.0

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(r"([0-9]{1,11})\.([0-9]{6})[0-9]{0,4}")


def stream(request: Request, events: AsyncGenerator[bytes]) -> Response:
    """Return the answer that sends events until they end."""
    if request.method == "HEAD":
        return Response(headers=_HEADERS)
    return StreamingResponse(keep_alive(events, KEEP_ALIVE_S), headers=_HEADERS)


async def keep_alive(events: AsyncGenerator[bytes], interval_s: float) -> AsyncGenerator[bytes]:
    """Yield the events, and a comment whenever none came for a while."""
    waiting = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=interval_s)
            if not done:
                yield KEEP_ALIVE
                continue
            event = waiting.result()
            if event is None:
                return
            yield event
            waiting = asyncio.ensure_future(anext(events, None))
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await events.aclose()


def encode_event(data: Mapping[str, object], event_id: str | None = None) -> bytes:
    """Return an event. One without an id leaves the client's place in the log as it is."""
    line = b"data: " + orjson.dumps(data) + b"\n\n"
    return line if event_id is None else f"id: {event_id}\n".encode() + line


def unix_id(at: datetime) -> str:
    """Return a time as unix seconds with exactly 10 decimals; no float has as many."""
    seconds, rest = divmod(at - _EPOCH, timedelta(seconds=1))
    return f"{seconds}.{rest.microseconds:06d}0000"


def last_event_time(request: Request) -> datetime | None:
    """Return the time of the last event that the client has; None when it has none, or no id of ours."""
    match = _ID.fullmatch(request.headers.get("last-event-id", ""))
    return _EPOCH + timedelta(seconds=int(match[1]), microseconds=int(match[2])) if match else None
