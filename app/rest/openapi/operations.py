"""What each of the older routes takes and gives, as OpenAPI says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.rest.openapi.schemas import (
    COLOR,
    IMAGE_ID,
    INTEGER,
    JOB_ID,
    LIMITED,
    NUMBER,
    TEXT,
    TRUTH,
    UNIX,
    UPLOAD_FORMAT,
    Schema,
    body_of,
    list_of,
    object_of,
    or_null,
    ref,
)

Parameter = dict[str, Any]
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Operation:
    """A route.

    Attributes:
        form: What the body may be instead of JSON.
        data: What is inside of the envelope.
        answers: Whole ones, by status and media type.
    """

    summary: str
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    form: Schema | None = None
    needs_body: bool = True
    data: Schema | None = None
    answers: Mapping[int, Mapping[str, Schema]] | None = None


def query(name: str, schema: Schema, description: str, *, required: bool = False) -> Parameter:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


def path(name: str, schema: Schema, description: str) -> Parameter:
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": description}


def whole(minimum: int, maximum: int, default: int) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, "default": default}


_FLOW = query("fname", {**LIMITED, "default": "general"}, "A flow.")
_FLOWS = query("f", LIMITED, "Flows, with commas between.")
_CLIENT = query("ct", {"type": "string", "maxLength": 64}, "The kind of client.")
_UPLOAD = query("imgid", IMAGE_ID, "The image that the ticket is for.", required=True)
_BYTES: Schema = {"type": "string", "contentEncoding": "binary"}
_PROBLEM = {JSON: ref("Problem")}
_STREAM: Mapping[int, Mapping[str, Schema]] = {200: {"text/event-stream": {}, JSON: ref("Failure")}}
_PAGE: Mapping[int, Mapping[str, Schema]] = {200: {"text/html": TEXT, JSON: ref("Failure")}, 404: _PROBLEM}
_NOTHING: Mapping[int, Mapping[str, Schema]] = {200: {}}
_PAGES = Operation(
    "The images of a flow, page by page",
    (
        _FLOW,
        query("pg_index", whole(0, 2**31 - 1, 0), "The first page."),
        query("pg_size", whole(1, 100, 10), "Images of a page."),
        query("pg_num", whole(1, 10, 1), "How many pages."),
    ),
    data=object_of(pages_lst=list_of(list_of(ref("ListedImage"))), pages_user_names_lst=list_of(list_of(TEXT))),
)
_COLORS = Operation(
    "Keep the colours that a browser worked out",
    body=body_of(
        jr=list_of(body_of(("f",), i=IMAGE_ID, c=COLOR, p=list_of(COLOR), st=NUMBER, et=NUMBER, f=INTEGER), at_most=100)
    ),
    answers=_NOTHING,
)
_HEALTH = Operation("Whether the server runs", answers=_NOTHING)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "/images/d/bulk"): Operation(
        "The addresses of many objects",
        body=body_of(paths_lst=list_of(LIMITED, at_most=100)),
        data=object_of(urls_lst=list_of(or_null(TEXT))),
    ),
    ("GET", "/images/d/{key}"): Operation(
        "The bytes of an object",
        (path("key", TEXT, "`<id>.<format>` or `thumbnails/<id>_thumb_<size>.jpeg`, or of a GIF."), _FLOW),
        answers={
            200: {"image/*": _BYTES, JSON: ref("Failure")},
            206: {"image/*": _BYTES},
            304: {},
            400: _PROBLEM,
            403: _PROBLEM,
            404: _PROBLEM,
            416: {},
        },
    ),
    ("GET", "/images/v/{image_id}"): Operation(
        "The page of an image", (path("image_id", TEXT, "The image's id."),), answers=_PAGE
    ),
    ("GET", "/v1/images/get"): Operation(
        "An image, once everything of it is made",
        (query("img_id", LIMITED, "The image's id.", required=True),),
        data=object_of(image_exists_bool=TRUTH, image_export_map=or_null(ref("ExportedImage"))),
    ),
    ("POST", "/v1/images/share"): Operation(
        "Tell one address of an image by mail",
        body=body_of(
            image_id=LIMITED,
            email_address={"type": "string", "maxLength": 254},
            email_subject={"type": "string", "maxLength": 200},
            email_body={"type": "string", "maxLength": 10_000},
        ),
        data=object_of(),
    ),
    ("POST", "/v1/images/classify"): Operation(
        "What a model says that images show, best first",
        body=body_of(client_type_str=LIMITED, images_ids_lst=list_of(IMAGE_ID, at_most=100)),
        data=object_of(classes_lst=list_of(TEXT)),
    ),
    ("POST", "/images/c"): _COLORS,
    ("POST", "/v1/images/c"): _COLORS,
    ("GET", "/v1/images/upload_init"): Operation(
        "A ticket for the bytes of an image",
        (
            query("imgf", UPLOAD_FORMAT, "The format.", required=True),
            query("imgn", LIMITED, "The file's name."),
            _FLOWS,
            _CLIENT,
        ),
        data=object_of(
            upload_info_map=object_of(
                creation_unix_time_f=UNIX,
                name_str=TEXT,
                upload_gf_image_id_str=IMAGE_ID,
                flows_names_lst=list_of(TEXT),
                presigned_url_str=TEXT,
                user_id_str=TEXT,
            )
        ),
    ),
    ("POST", "/v1/images/upload_complete"): Operation(
        "Start the job of an upload whose bytes are there",
        (_UPLOAD, _FLOWS),
        body=body_of(("meta_map",), meta_map={"type": "object"}),
        needs_body=False,
        data=object_of(images_job_id_str=JOB_ID),
    ),
    ("POST", "/v1/images/upload_metrics"): Operation(
        "Keep how long an upload took",
        (_UPLOAD, _CLIENT),
        body=body_of(upload_client_duration_sec_f=NUMBER, upload_client_transfer_duration_sec_f=NUMBER),
        data=object_of(),
    ),
    ("POST", "/images/jobs/start"): Operation(
        "Start fetching images from outside",
        body=body_of(
            ("flows_names_lst",),
            job_type_str=LIMITED,
            client_type_str={"type": "string", "maxLength": 64},
            imgs_urls_str={"type": "string", "description": "Addresses, quoted, with commas between."},
            imgs_origin_pages_urls_str={"type": "string", "description": "The pages that show them, as many."},
            flows_names_lst=list_of(TEXT, at_most=100),
        ),
        data=object_of(running_job_id_str=JOB_ID, job_expected_outputs_lst=list_of(ref("ExpectedOutput"))),
    ),
    ("GET", "/images/jobs/status"): Operation(
        "The events of a job", (query("images_job_id_str", LIMITED, "The job's id."),), answers=_STREAM
    ),
    ("GET", "/v1/images/jobs/status"): Operation(
        "The events of a job, behind a greeting", (query("events_id", LIMITED, "The job's id."),), answers=_STREAM
    ),
    ("GET", "/v1/images/flows/all"): Operation(
        "All flows, those with the most images first",
        data=object_of(all_flows_lst=list_of(object_of(flow_name_str=TEXT, flow_imgs_count_int=INTEGER))),
    ),
    ("POST", "/v1/images/flows/add_img"): Operation(
        "Fetch an image from outside into flows",
        body=body_of(
            ("flows_names_lst",),
            image_extern_url_str=LIMITED,
            image_origin_page_url_str=LIMITED,
            client_type_str={"type": "string", "maxLength": 64},
            flows_names_lst=list_of(TEXT, at_most=100),
        ),
        data=object_of(images_job_id_str=JOB_ID, thumbnail_small_relative_url_str=TEXT, image_id_str=IMAGE_ID),
    ),
    ("POST", "/v1/images/flows/imgs_exist"): Operation(
        "The images that came from some addresses",
        body=body_of(
            images_extern_urls_lst=list_of(LIMITED, at_most=100),
            flow_name_str={**LIMITED, "description": "`all` is any flow."},
            client_type_str=LIMITED,
        ),
        data=object_of(existing_images_lst=list_of(ref("ExistingImage"))),
    ),
    ("GET", "/images/flows/browser"): Operation("The page of a flow", (_FLOW,), answers=_PAGE),
    ("GET", "/images/flows/browser_page"): _PAGES,
    ("GET", "/v1/images/flows/browser_page"): _PAGES,
    ("GET", "/images/gif/get_info"): Operation(
        "A GIF, with frames that give an impression of it",
        (
            query("orig_url", LIMITED, "The address that it came from; it wins."),
            query("gfimg_id", LIMITED, "The image's id."),
        ),
        data=object_of(gif_map=or_null(ref("Gif"))),
    ),
    ("POST", "/images/editor/save"): Operation(
        "Make an image of a picture that an editor made",
        body=body_of(
            ("new_height_int", "new_width_int"),
            new_title_str=LIMITED,
            source_image_id_str=LIMITED,
            source_flow_name_str=LIMITED,
            target_flow_name_str=LIMITED,
            image_base64_data_str={"type": "string", "contentEncoding": "base64"},
            applied_filters_lst=list_of({}, at_most=100),
            new_height_int=INTEGER,
            new_width_int=INTEGER,
        ),
        form=body_of(imgBase64={"type": "string", "description": "A data URL."}),
        data=object_of(image_id_str=IMAGE_ID),
    ),
    ("GET", "/v1/images/healthz"): _HEALTH,
    ("GET", "/v1/images/v1/healthz"): _HEALTH,
    ("GET", "/v1/images/tester"): Operation(
        "Whether the server answers", answers={200: {JSON: object_of(test={"const": "ok"})}}
    ),
}
