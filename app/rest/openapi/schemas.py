"""The JSON schemas of what the older routes take and give."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
LIMITED: Schema = {"type": "string", "maxLength": 2048}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}
UNIX: Schema = {"type": "number", "description": "Unix seconds."}
IMAGE_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
JOB_ID: Schema = {"type": "string", "pattern": "^job:[0-9a-f]{32}$"}
FORMAT: Schema = {"enum": ["jpeg", "png", "gif", "webp", "avif", "tiff", "heic"]}
UPLOAD_FORMAT: Schema = {"enum": [*FORMAT["enum"], "jpg", "tif"]}
COLOR: Schema = {"type": "string", "pattern": "^#?[0-9a-fA-F]{6}$"}


def object_of(**properties: Schema) -> Schema:
    """Return an object that has these keys, all of them and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def body_of(_optional: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """Return a body: unknown keys are ignored."""
    required = [name for name in properties if name not in _optional]
    return {"type": "object", "properties": properties, "required": required}


def list_of(schema: Schema, *, at_most: int | None = None) -> Schema:
    return {"type": "array", "items": schema} if at_most is None else {**list_of(schema), "maxItems": at_most}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_THUMBNAILS = dict.fromkeys(("thumbnail_small_url_str", "thumbnail_medium_url_str", "thumbnail_large_url_str"), TEXT)

COMPONENTS: dict[str, Schema] = {
    "Failure": object_of(
        data=object_of(handler_error_user_msg=TEXT, gf_error_type=TEXT, gf_error_user_msg=TEXT),
        status={"const": "ERROR"},
    ),
    "SignedOut": object_of(
        data=object_of(handler_error_user_msg={"const": "unauthorized access"}), status={"const": "ERROR"}
    ),
    "Problem": object_of(error=object_of(code=TEXT, message=TEXT)),
    "ExportedImage": object_of(
        creation_unix_time_f=UNIX,
        user_name_str=TEXT,
        title_str=TEXT,
        flows_names_lst=list_of(TEXT),
        origin_page_url_str=TEXT,
        **_THUMBNAILS,
        format_str=FORMAT,
        tags_lst=list_of(TEXT),
    ),
    "ListedImage": object_of(
        id_str=IMAGE_ID,
        creation_unix_time_f=UNIX,
        title_str=TEXT,
        flows_names_lst=list_of(TEXT),
        origin_url_str=TEXT,
        origin_page_url_str=TEXT,
        **_THUMBNAILS,
        format_str=FORMAT,
        width_str={"type": "integer", "description": "px, and an integer in spite of its name."},
        height_str={"type": "integer", "description": "px, and an integer in spite of its name."},
        dominant_color_hex_str=TEXT,
        pallete_str={"type": "string", "description": "Colours with commas between."},
        tags_lst=list_of(TEXT),
        meta_map={"type": "object"},
    ),
    "ExistingImage": object_of(
        creation_unix_time_f=UNIX,
        id_str=IMAGE_ID,
        origin_url_str=TEXT,
        origin_page_url_str=TEXT,
        flows_names_lst=list_of(TEXT),
        tags_lst=list_of(TEXT),
    ),
    "Gif": object_of(
        id_str=IMAGE_ID,
        creation_unix_time_f=UNIX,
        valid_bool=TRUTH,
        title_str=TEXT,
        gf_url_str=TEXT,
        origin_url_str=TEXT,
        origin_page_url_str=TEXT,
        origin_page_domain_str=TEXT,
        width_int=INTEGER,
        height_int=INTEGER,
        preview_frames_num_int=INTEGER,
        previewFramesS3urlsLst=list_of(TEXT),
        preview_frames_s3_urls_lst=list_of(TEXT),
        tags_lst=list_of(TEXT),
        hash_str=TEXT,
        gf_image_id_str=IMAGE_ID,
    ),
    "ExpectedOutput": object_of(
        image_id_str=IMAGE_ID,
        image_source_url_str=TEXT,
        thumbnail_small_relative_url_str=TEXT,
        thumbnail_medium_relative_url_str=TEXT,
        thumbnail_large_relative_url_str=TEXT,
    ),
}
