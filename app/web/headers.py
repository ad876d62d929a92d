"""The headers of objects: those that keep a browser from running one, and those that spare its transfer."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers

from app.domain.image import ImageFormat
from app.ports.objects import ObjectStat

SAFETY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    # Images are there to be embedded by other sites, too; who may see one is in its address.
    "Cross-Origin-Resource-Policy": "cross-origin",
}

CACHE_PUBLIC = "public, max-age=31536000, immutable"
CACHE_PRIVATE = "private, max-age=3600"
CHECK_PUBLIC = "public, no-cache"
"""Kept, but asked for again each time: what is under the address may change."""

CHECK_PRIVATE = "private, no-cache"

_CACHING = {
    (True, True): CACHE_PUBLIC,
    (True, False): CHECK_PUBLIC,
    (False, True): CACHE_PRIVATE,
    (False, False): CHECK_PRIVATE,
}
_MIME_TYPES = {image_format.extension: image_format.mime_type for image_format in ImageFormat}
_RANGE = re.compile(r"bytes[ \t]*=[ \t,]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t,]*", re.IGNORECASE)


def object_headers(stat: ObjectStat, *, is_public: bool, is_lasting: bool = True) -> dict[str, str]:
    """Return what goes with an object, but for its length, whether its bytes are sent or not.

    Args:
        is_lasting: Whether what is under the address never changes.
    """
    name = stat.key.rpartition("/")[2]
    return {
        "Content-Type": _MIME_TYPES[name.rpartition(".")[2]],
        "Content-Disposition": f'inline; filename="{name}"',
        "ETag": f'"{stat.etag}"',
        "Last-Modified": format_datetime(stat.modified_at, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": _CACHING[is_public, is_lasting],
        **SAFETY_HEADERS,
    }


def unsatisfiable_headers(stat: ObjectStat) -> dict[str, str]:
    """Return what goes with the refusal of a range, which no cache may take for the object."""
    return {"Content-Range": f"bytes */{stat.byte_size}", "Cache-Control": "no-store", **SAFETY_HEADERS}


def is_not_modified(headers: Headers, stat: ObjectStat) -> bool:
    """Tell whether the client has the object already (RFC 9110, 13.1.2 and 13.1.3, in the order of 13.2.2)."""
    tags = headers.getlist("if-none-match")
    if tags:
        wanted = [tag.strip().removeprefix("W/") for tag in ",".join(tags).split(",")]
        return "*" in wanted or f'"{stat.etag}"' in wanted
    since = _parse_date(headers.get("if-modified-since"))
    return since is not None and _whole_second(stat) <= since


def requested_range(headers: Headers, stat: ObjectStat) -> tuple[int, int] | None:
    """Return the one range of bytes, (start, end) without the end, that the client asks for (RFC 9110, 14.2).

    None stands for the whole object: nothing else is asked for, or in a way that may be ignored, such as several
    ranges at once, or for another version of the object. A range that cannot be satisfied is empty.
    """
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or not _is_same_version(headers.get("if-range"), stat):
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return max(0, stat.byte_size - int(suffix)), stat.byte_size
    if last and int(last) < int(first):
        return None
    start = min(int(first), stat.byte_size)
    return start, min(int(last) + 1, stat.byte_size) if last else stat.byte_size


def _is_same_version(if_range: str | None, stat: ObjectStat) -> bool:
    if if_range is None or if_range == f'"{stat.etag}"':
        return True
    return _parse_date(if_range) == _whole_second(stat)


def _whole_second(stat: ObjectStat) -> datetime:
    return stat.modified_at.replace(microsecond=0)


def _parse_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
