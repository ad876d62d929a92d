"""The old names of what the streams of a job tell."""

from collections.abc import Iterable

from app.domain.image import ImageId
from app.domain.job import EventKind, JobEvent, JobItem, JobStep
from app.rest.errors import word_for

Fields = dict[str, object]

_STEPS = {
    JobStep.FETCH: "image_fetch",
    JobStep.TRANSFORM: "image_transform",
    JobStep.PERSIST: "image_persist",
    JobStep.DONE: "image_done",
}
_UNTOLD = "The source cannot be read."
"""Who knows a job's id may watch it, but learns nothing of its owner's files."""


def source_urls(items: Iterable[JobItem]) -> dict[int, str]:
    """Return where the images of a job come from, by position."""
    return {item.position: item.origin.url for item in items if item.origin is not None}


def job_event(event: JobEvent, source_url: str) -> Fields | None:
    """Return what old clients learn of an event; None for another attempt, of which they know nothing."""
    if event.error is None or event.kind is not EventKind.ERROR:
        return _status(_STEPS[event.step], event.kind, event.image_id, source_url) if event.step in _STEPS else None
    name = word_for(event.error.code)
    told = _UNTOLD if event.error.code == "SOURCE_UNREADABLE" else event.error.message
    return {**_status(name, event.kind, event.image_id, source_url), "err_str": told}


def failed_job_event(error_type: str, message: str) -> Fields:
    return {**_status(error_type, EventKind.ERROR, None), "err_str": message}


def _status(name: str, kind: EventKind, image: ImageId | None, source_url: str = "") -> Fields:
    return {"name_str": name, "type_str": kind.lower(), "image_id_str": image or "", "image_source_url_str": source_url}


def connection_event(events: str) -> Fields:
    return {
        "events_id": events,
        "type_str": "connection_confirmation",
        "msg_str": "client has successfully connected to a SSE stream",
        "meta_map": {},
    }


def logged_event(events: str, status: Fields) -> Fields:
    return {"events_id": events, "type_str": status["type_str"], "msg_str": status["name_str"], "meta_map": status}
