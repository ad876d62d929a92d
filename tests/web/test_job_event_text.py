"""How a job's events look as server-sent events, and what keeps an idle stream alive."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from app.domain.error_code import ErrorCode
from app.domain.image import ImageId
from app.domain.job import EventKind, ItemError, JobEvent, JobId, JobStep
from app.web.job_events import event_chunks, event_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)
JOB_ID = JobId("job:" + "0" * 32)
OK = JobEvent(JOB_ID, 1, NOW, JobStep.FETCH, EventKind.OK, 0, ImageId("a" * 32))


def test_writes_an_event() -> None:
    text = event_text(OK).decode()

    data = f'{{"step":"FETCH","kind":"OK","imageId":"{"a" * 32}","position":0,"error":null}}'
    assert text == f"id: e1\nevent: OK\ndata: {data}\n\n"


def test_tells_of_an_error_no_more_than_its_code() -> None:
    error = ItemError(ErrorCode.SOURCE_UNREADABLE, "The file 'passport of Ada.jpg' is gone.")
    event = JobEvent(JOB_ID, 2, NOW, JobStep.FETCH, EventKind.ERROR, 3, ImageId("b" * 32), error)

    assert b'"error":"SOURCE_UNREADABLE"' in event_text(event)
    assert b"Ada" not in event_text(event)


async def test_sends_a_comment_after_fifteen_silent_seconds() -> None:
    seconds = iter([0.0, 1.0, 1.0, 15.9, 16.0, 16.0, 30.9, 31.0, 31.0])

    async def pieces() -> AsyncGenerator[tuple[JobEvent, ...]]:
        for piece in ((OK,), (), (), (), (), ()):
            yield piece

    # The clock is read at the start, for each empty piece, and after each that was sent.
    chunks = [chunk async for chunk in event_chunks(pieces(), lambda: next(seconds))]

    assert chunks == [event_text(OK), b":\n\n", b":\n\n"]
