"""The old names of what the editor sends."""

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from app.rest.arguments import MAX_BODY_BYTES, Body, parse_body
from app.rest.errors import INVALID_KEY_VALUE, NO_BASE64, Refusal
from app.services.saving import SavedPicture

PICTURE: Final = "image_base64_data_str"

_FORM: Final = b"imgBase64="
_DATA_URL: Final = re.compile(rb"data:[^,]{0,200},")
_BLANKS: Final = re.compile(rb"[\r\n\t]+")


def max_body_bytes(max_bytes: int) -> int:
    """Return how long a body may be that has a picture of so many bytes in it, each three of them quoted as four or,
    in a form, as twelve at the worst."""
    return 4 * max_bytes + MAX_BODY_BYTES


def saved_picture(raw: bytes) -> SavedPicture:
    """Return what a body holds: a JSON object, or a form with a data URL. Raises: Refusal."""
    if raw.startswith(_FORM):
        return SavedPicture(_decode(unquote_to_bytes(raw.removeprefix(_FORM).partition(b"&")[0])))
    body = parse_body(raw, long=(PICTURE,))
    flow = body.text("target_flow_name_str").strip()
    return SavedPicture(
        data=_decode(body.text(PICTURE).encode("ascii", "replace")),
        title=body.text("new_title_str"),
        flows=(flow,) if flow else (),
        source_id=body.text("source_image_id_str"),
        metadata={
            "editor": {
                "sourceImageId": body.text("source_image_id_str"),
                "sourceFlow": body.text("source_flow_name_str"),
                "appliedFilters": _filters(body),
                "width": body.find_integer("new_width_int"),
                "height": body.find_integer("new_height_int"),
            }
        },
    )


def _filters(body: Body) -> list[object]:
    """Return the names of filters, or what else an editor says of each."""
    filters = body.values.get("applied_filters_lst")
    if not isinstance(filters, list):
        raise Refusal(INVALID_KEY_VALUE, "key applied_filters_lst has an invalid value in the request body")
    return filters


def _decode(text: bytes) -> bytes:
    """Return the bytes of base64 or of a data URL; forms of old pages have blanks where a plus was. Raises: Refusal."""
    quoted = _BLANKS.sub(b"", _DATA_URL.sub(b"", text, count=1)).strip().replace(b" ", b"+")
    try:
        return base64.b64decode(quoted, validate=True)
    except binascii.Error as error:
        raise Refusal(NO_BASE64, "failed to decode base64 data of the image") from error
