"""The old names: what requests call their parts, and what answers call theirs."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.domain.flow import GENERAL, Flow
from app.domain.image import Image, ImageFormat, ImageId, ThumbnailSize, thumbnail_key
from app.domain.job import EventKind, Job, JobEvent, JobItem, JobStep
from app.domain.upload import UploadMetrics
from app.rest.arguments import Body, Query
from app.rest.errors import INVALID_EXTENSION, Refusal, word_for
from app.services.uploads import Ticket, UploadRequest

OBJECTS_PATH = "/images/d/"

OK = "OK"
ERROR = "ERROR"
NOBODY = "anon"
NAMELESS = "undefined"
"""What the old uploader sends when a file has no name."""

MOST_SECONDS = 600
"""A duration over this is in milliseconds, whatever its name says."""

DEFAULT_PAGE_SIZE = 10
MAX_PAGE_SIZE = 100
MAX_PAGES = 10

Fields = dict[str, object]

_FORMATS = {**{image_format.extension: image_format for image_format in ImageFormat}, "jpg": ImageFormat.JPEG}
_STEPS = {
    JobStep.FETCH: "image_fetch",
    JobStep.TRANSFORM: "image_transform",
    JobStep.PERSIST: "image_persist",
    JobStep.DONE: "image_done",
}
_UNTOLD = "The source cannot be read."
"""Who knows a job's id may watch it, but learns nothing of its owner's files."""


def envelope(data: Mapping[str, object], status: str) -> Fields:
    return {"data": data, "status": status}


def failure(pattern: str, error_type: str, message: str) -> Fields:
    return {
        "handler_error_user_msg": f"handler {pattern} failed",
        "gf_error_type": error_type,
        "gf_error_user_msg": message,
    }


def bug(path: str) -> Fields:
    return {"handler_error_user_msg": f"handler {path} failed unexpectedly"}


def unauthorized() -> Fields:
    return {"handler_error_user_msg": "unauthorized access"}


def wants_no_redirect(query: Query) -> bool:
    return query.find("auth_r") == "0"


def image_id(query: Query) -> str:
    return query.text("img_id")


def image_on_path(parameters: Mapping[str, str]) -> str:
    return parameters["image_id"]


def uploaded_id(query: Query) -> ImageId:
    return ImageId(query.text("imgid"))


def flow_name(query: Query) -> str:
    return query.find("fname") or GENERAL


def named_flow(query: Query) -> str | None:
    return query.find("fname")


def job_id(query: Query) -> str:
    return query.find("images_job_id_str") or ""


def events_id(query: Query) -> str:
    return query.find("events_id") or ""


def page_window(query: Query) -> tuple[int, int, int]:
    """Return the index of the first page, the size of a page, and how many pages are asked for."""
    return (
        query.integer("pg_index", 0, least=0),
        query.integer("pg_size", DEFAULT_PAGE_SIZE, least=1, most=MAX_PAGE_SIZE),
        query.integer("pg_num", 1, least=1, most=MAX_PAGES),
    )


def object_keys(body: Body) -> tuple[str, ...]:
    return tuple(path.removeprefix(OBJECTS_PATH) for path in body.texts("paths_lst"))


def upload_request(query: Query) -> UploadRequest:
    """Return an announcement whose format is only a guess. Raises: Refusal."""
    image_format = _FORMATS.get(query.text("imgf").lower())
    if image_format is None:
        raise Refusal(INVALID_EXTENSION, f"image format must be one of {', '.join(_FORMATS)}")
    name = query.find("imgn") or ""
    return UploadRequest(
        format=image_format,
        byte_size=None,
        name="" if name == NAMELESS else name,
        flows=added_flows(query),
        client_type=query.find("ct"),
    )


def added_flows(query: Query) -> tuple[str, ...]:
    return query.names("f")


def client_metadata(body: Body) -> dict[str, object] | None:
    return body.find_object("meta_map")


def upload_metrics(query: Query, body: Body) -> UploadMetrics:
    return UploadMetrics(
        image_id=uploaded_id(query),
        client_type=query.find("ct"),
        duration_ms=_milliseconds(body.number("upload_client_duration_sec_f")),
        transfer_ms=_milliseconds(body.number("upload_client_transfer_duration_sec_f")),
    )


def _milliseconds(value: float) -> float:
    return value if value > MOST_SECONDS else value * 1000


def upload_info(ticket: Ticket, presigned_url: str) -> Fields:
    upload = ticket.upload
    info = {
        "creation_unix_time_f": _unix(upload.created_at),
        "name_str": upload.title,
        "upload_gf_image_id_str": upload.image_id,
        "flows_names_lst": upload.flows,
        "presigned_url_str": presigned_url,
        "user_id_str": upload.owner_id,
    }
    return {"upload_info_map": info}


def started_job(started: Job | str) -> Fields:
    return {"images_job_id_str": started if isinstance(started, str) else started.id}


def urls(found: Iterable[str | None]) -> Fields:
    return {"urls_lst": list(found)}


def all_flows(flows: Iterable[Flow]) -> Fields:
    counted = [{"flow_name_str": flow.name, "flow_imgs_count_int": flow.image_count} for flow in flows]
    return {"all_flows_lst": counted}


def found_image(image: Fields | None) -> Fields:
    return {"image_exists_bool": image is not None, "image_export_map": image}


def export_image(image: Image, user_name: str | None, flows: Iterable[Flow]) -> Fields:
    return {
        "creation_unix_time_f": _unix(image.created_at),
        "user_name_str": user_name or NOBODY,
        "title_str": image.title,
        "flows_names_lst": [flow.name for flow in flows],
        "origin_page_url_str": _origin_page_url(image),
        **_thumbnails(image),
        "format_str": image.format.extension,
        "tags_lst": image.tags,
    }


def listed_image(image: Image, flows: Iterable[Flow]) -> Fields:
    """Return an image of a page. What its client gave to be kept is for its owner alone, so it is not here."""
    colors = image.derived.palette if image.derived else ()
    return {
        "id_str": image.id,
        "creation_unix_time_f": _unix(image.created_at),
        "title_str": image.title,
        "flows_names_lst": [flow.name for flow in flows],
        "origin_url_str": image.origin.url if image.origin else "",
        "origin_page_url_str": _origin_page_url(image),
        **_thumbnails(image),
        "format_str": image.format.extension,
        "width_str": image.width,
        "height_str": image.height,
        "dominant_color_hex_str": image.derived.placeholder.dominant_color if image.derived else "",
        "pallete_str": ",".join(colors),
        "tags_lst": image.tags,
        "meta_map": {},
    }


def pages(images: list[list[Fields]], user_names: list[list[str | None]]) -> Fields:
    names = [[name or NOBODY for name in page] for page in user_names]
    return {"pages_lst": images, "pages_user_names_lst": names}


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


def _thumbnails(image: Image) -> Fields:
    return {f"thumbnail_{size.lower()}_url_str": OBJECTS_PATH + thumbnail_key(image.id, size) for size in ThumbnailSize}


def _origin_page_url(image: Image) -> str:
    return (image.origin.page_url if image.origin else None) or ""


def _unix(at: datetime) -> float:
    return at.timestamp()
