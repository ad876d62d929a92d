"""The old names of what requests say."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from app.domain.color_report import ColorReport
from app.domain.flow import GENERAL
from app.domain.image import ImageFormat, ImageId
from app.domain.origin import Origin
from app.domain.share import MAX_MESSAGE_LENGTH, NewShare
from app.domain.upload import UploadMetrics
from app.rest.arguments import MAX_ITEMS, MAX_LENGTH, Body, Query
from app.rest.errors import INVALID_EXTENSION, INVALID_KEY_VALUE, INVALID_VALUE, TOO_LONG, Refusal
from app.services.uploads import UploadRequest

OBJECTS_PATH = "/images/d/"

NAMELESS = "undefined"
"""What the old uploader sends when a file has no name."""

MOST_SECONDS = 600
"""A duration over this is in milliseconds, whatever its name says."""

DEFAULT_PAGE_SIZE = 10
MAX_PAGE_SIZE = 100
MAX_PAGES = 10

ALL_FLOWS = "all"
ADDRESS_LISTS = ("imgs_urls_str", "imgs_origin_pages_urls_str")
"""Texts that are lists: addresses, quoted for a query, with commas between."""

MAIL_BODY = "email_body"
"""May be longer than other texts."""

_GIF = re.compile(r"gifs/[0-9a-f]{32}\.gif")
_GIF_FRAME = re.compile(r"gifs/frames/([0-9a-f]{32})_(0|[1-9][0-9]?)\.png")
_BETWEEN = re.compile(r",(?=https?(?:://|%3a%2f%2f)|,|$)", re.IGNORECASE)

_FORMATS = {
    **{image_format.extension: image_format for image_format in ImageFormat},
    "jpg": ImageFormat.JPEG,
    "tif": ImageFormat.TIFF,
}


def wants_no_redirect(query: Query) -> bool:
    return query.find("auth_r") == "0"


def image_id(query: Query) -> str:
    return query.text("img_id")


def image_ids(body: Body) -> tuple[str, ...]:
    body.text("client_type_str")
    return body.texts("images_ids_lst")


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
    return tuple(original_key(path.removeprefix(OBJECTS_PATH)) for path in body.texts("paths_lst"))


def client_type(body: Body) -> str:
    return body.text("client_type_str")


def flow_names(body: Body) -> tuple[str, ...]:
    return body.find_texts("flows_names_lst")


def external_images(body: Body) -> tuple[Origin, ...]:
    """Return the images of a job; its type is told, but there is one alone. Raises: Refusal."""
    body.text("job_type_str")
    urls, pages = (_split_addresses(body.text(key), key) for key in ADDRESS_LISTS)
    if len(urls) != len(pages):
        raise Refusal(INVALID_KEY_VALUE, f"there are {len(urls)} images urls, and {len(pages)} origin pages urls")
    return tuple(map(Origin, urls, pages))


def external_image(body: Body) -> Origin:
    return Origin(body.text("image_extern_url_str"), body.text("image_origin_page_url_str"))


def wanted_images(body: Body) -> tuple[tuple[str, ...], str | None]:
    """Return the addresses that images may come from, and the flow that they must be in, if in one."""
    body.text("client_type_str")
    flow = body.text("flow_name_str")
    return body.texts("images_extern_urls_lst"), None if flow == ALL_FLOWS else flow


def color_reports(body: Body) -> tuple[ColorReport, ...]:
    return tuple(_color_report(row) for row in body.objects("jr"))


def share(body: Body) -> tuple[NewShare, str]:
    """Return what is to be shared, and the address that is told of it. Raises: Refusal."""
    message = body.text(MAIL_BODY)
    if len(message) > MAX_MESSAGE_LENGTH:
        raise Refusal(TOO_LONG, f"key {MAIL_BODY} has more than {MAX_MESSAGE_LENGTH} characters")
    return NewShare(body.text("image_id"), body.text("email_subject"), message), body.text("email_address")


def _color_report(row: Body) -> ColorReport:
    return ColorReport(
        image_id=ImageId(row.text("i")),
        dominant_color=row.text("c"),
        palette=row.texts("p"),
        started_at_s=row.number("st"),
        ended_at_s=row.number("et"),
        browser=row.find_integer("f"),
    )


def _split_addresses(text: str, key: str) -> list[str]:
    """Return the addresses of a text that is quoted whole, or address by address; a comma may be inside of one."""
    parts = _BETWEEN.split(text if "," in text else unquote(text))
    addresses = [unquote(part) if "," in text else part for part in parts]
    if len(addresses) > MAX_ITEMS:
        raise Refusal(INVALID_VALUE, f"key {key} has more than {MAX_ITEMS} addresses")
    if any(len(address) > MAX_LENGTH for address in addresses):
        raise Refusal(TOO_LONG, f"key {key} has an address of more than {MAX_LENGTH} characters")
    return addresses


def wanted_gif(query: Query) -> tuple[str | None, str]:
    """Return the address that a GIF came from, or else the id of its image."""
    url = query.find("orig_url")
    return url, "" if url else query.text("gfimg_id")


def gif_frame(key: str) -> tuple[str, int] | None:
    """Return the image and the number of a preview frame, when the key is that of one."""
    match = _GIF_FRAME.fullmatch(key)
    return None if match is None else (match[1], int(match[2]))


def original_key(key: str) -> str:
    """Return the key of an object; GIFs are in a folder of their own for old clients."""
    return key.removeprefix("gifs/") if _GIF.fullmatch(key) else key


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
