"""The old names of what answers hold."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from app.domain.flow import Flow
from app.domain.image import Image, ImageId, ThumbnailSize, thumbnail_key
from app.domain.job import Job, JobItem
from app.services.uploads import Ticket

OBJECTS_PATH = "/images/d/"

Fields = dict[str, object]

OK = "OK"
ERROR = "ERROR"
NOBODY = "anon"


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


def classes(names: Iterable[str]) -> Fields:
    return {"classes_lst": list(names)}


def started_job(started: Job | str) -> Fields:
    return {"images_job_id_str": started if isinstance(started, str) else started.id}


def saved_image(image: Image) -> Fields:
    return {"image_id_str": image.id}


def running_job(job: Job, items: Iterable[JobItem]) -> Fields:
    """Return a job and what it makes of each address, in the order of its items."""
    outputs = [
        {
            "image_id_str": item.image_id,
            "image_source_url_str": item.origin.url if item.origin else "",
            **_thumbnails(item.image_id, "_relative_url_str"),
        }
        for item in items
    ]
    return {"running_job_id_str": job.id, "job_expected_outputs_lst": outputs}


def added_image(job: Job, image_id: ImageId) -> Fields:
    return {
        "images_job_id_str": job.id,
        "thumbnail_small_relative_url_str": OBJECTS_PATH + thumbnail_key(image_id, ThumbnailSize.SMALL),
        "image_id_str": image_id,
    }


def existing_images(images: Iterable[tuple[Image, Iterable[Flow]]]) -> Fields:
    return {"existing_images_lst": [_existing_image(image, flows) for image, flows in images]}


def _existing_image(image: Image, flows: Iterable[Flow]) -> Fields:
    return {
        "creation_unix_time_f": _unix(image.created_at),
        "id_str": image.id,
        "origin_url_str": image.origin.url if image.origin else "",
        "origin_page_url_str": _origin_page_url(image),
        "flows_names_lst": [flow.name for flow in flows],
        "tags_lst": image.tags,
    }


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
        **_thumbnails(image.id),
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
        **_thumbnails(image.id),
        "format_str": image.format.extension,
        "width_str": image.width,
        "height_str": image.height,
        "dominant_color_hex_str": image.derived.placeholder.dominant_color if image.derived else "",
        "pallete_str": ",".join(colors),
        "tags_lst": image.tags,
        "meta_map": {},
    }


def found_gif(image: Image | None) -> Fields:
    return {"gif_map": None if image is None else _gif(image)}


def _gif(image: Image) -> Fields:
    """Return a GIF. One that does not move has no frames beside itself."""
    animation = image.derived.animation if image.derived else None
    count = len(animation.preview_frames) if animation else 0
    frames = [f"{OBJECTS_PATH}gifs/frames/{image.id}_{number}.png" for number in range(count)]
    page_url = _origin_page_url(image)
    return {
        "id_str": image.id,
        "creation_unix_time_f": _unix(image.created_at),
        "valid_bool": True,
        "title_str": image.title,
        "gf_url_str": f"{OBJECTS_PATH}gifs/{image.original_key}",
        "origin_url_str": image.origin.url if image.origin else "",
        "origin_page_url_str": page_url,
        "origin_page_domain_str": _domain(page_url),
        "width_int": image.width,
        "height_int": image.height,
        "preview_frames_num_int": count,
        "previewFramesS3urlsLst": frames,
        "preview_frames_s3_urls_lst": frames,
        "tags_lst": image.tags,
        "hash_str": image.sha256,
        "gf_image_id_str": image.id,
    }


def pages(images: list[list[Fields]], user_names: list[list[str | None]]) -> Fields:
    names = [[name or NOBODY for name in page] for page in user_names]
    return {"pages_lst": images, "pages_user_names_lst": names}


def _thumbnails(image_id: ImageId, suffix: str = "_url_str") -> Fields:
    return {f"thumbnail_{size.lower()}{suffix}": OBJECTS_PATH + thumbnail_key(image_id, size) for size in ThumbnailSize}


def _domain(url: str) -> str:
    """Return the host of an address; nothing for an address that no one can read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _origin_page_url(image: Image) -> str:
    return (image.origin.page_url if image.origin else None) or ""


def _unix(at: datetime) -> float:
    return at.timestamp()
