"""The objects of an image: what is under which key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.errors import NotFound
from app.domain.image import Image, ImageFormat, ImageId, ThumbnailSize, thumbnail_key

EDITED_PREFIX = "edited/"
"""Leads the keys of what edits made. Each edit makes new ones, so what is under a key never changes."""

_OBJECT = re.compile(
    r"(?:(?:thumbnails/)?(?P<id>[0-9a-f]{32})(?:_thumb_(?P<size>small|medium|large))?"
    r"|variants/(?P<of_variant>[0-9a-f]{32})_[0-9a-f]{32}"
    r"|edited/(?P<of_edited>[0-9a-f]{32})_(?P<revision>0|[1-9][0-9]{0,8})(?:_thumb_(?P<edited_size>small|medium|large))?)"
    r"\.[a-z]{3,4}"
)


@dataclass(frozen=True, slots=True)
class ObjectName:
    """What a key says.

    Attributes:
        size: Of a thumbnail.
        revision: Of what an edit made.
    """

    image_id: ImageId
    size: ThumbnailSize | None
    revision: int | None


def parse_key(key: str) -> ObjectName:
    """Return what a key says.

    Raises:
        NotFound: It is none that this server makes.
    """
    match = _OBJECT.fullmatch(key)
    if match is None:
        raise no_object()
    size = match["size"] or match["edited_size"]
    return ObjectName(
        image_id=ImageId(match["id"] or match["of_variant"] or match["of_edited"]),
        size=ThumbnailSize(size.upper()) if size else None,
        revision=int(match["revision"]) if match["revision"] else None,
    )


def current_key(image: Image, key: str) -> str:
    """Return the key of what is shown now in the place of an object of the image; the original is always itself.

    Raises:
        NotFound: There never was such an object.
    """
    name = parse_key(key)
    if name.revision is not None and name.revision > image.revision:
        raise no_object()
    if name.size is not None:
        return shown_thumbnail_key(image, name.size)
    if name.revision is not None:
        return picture_key(image)
    if key != image.original_key:
        raise no_object()
    return key


def no_object() -> NotFound:
    return NotFound("There is no such object.")


def image_id_of_key(key: str) -> ImageId:
    """Return the id of the image that an object belongs to.

    Raises:
        NotFound: The key is none that this server makes.
    """
    return parse_key(key).image_id


def object_keys(image: Image) -> tuple[str, ...]:
    """Return the key of every object that belongs to the image, the original first; variants have a prefix."""
    originals = (image.original_key, *(thumbnail_key(image.id, size) for size in ThumbnailSize))
    return (*originals, *_edited_keys(image))


def shown_revision(image: Image) -> int:
    """Return the revision of the edits that are shown; 0 for the original."""
    return image.edited.revision if image.edited else 0


def picture_key(image: Image) -> str:
    """Return the key of the full-size picture as it is shown."""
    if image.edited is None:
        return image.original_key
    return edited_key(image.id, image.edited.revision, image.edited.format)


def shown_thumbnail_key(image: Image, size: ThumbnailSize) -> str:
    """Return the key of a thumbnail of what is shown."""
    if image.edited is None:
        return thumbnail_key(image.id, size)
    return edited_thumbnail_key(image.id, image.edited.revision, size)


def edited_prefix(image_id: ImageId) -> str:
    """Return what the keys of all that edits made of an image, and of no other, begin with."""
    return f"{EDITED_PREFIX}{image_id}_"


def edited_key(image_id: ImageId, revision: int, image_format: ImageFormat) -> str:
    return f"{edited_prefix(image_id)}{revision}.{image_format.extension}"


def edited_thumbnail_key(image_id: ImageId, revision: int, size: ThumbnailSize) -> str:
    return f"{edited_prefix(image_id)}{revision}_thumb_{size.lower()}.jpeg"


def _edited_keys(image: Image) -> Iterator[str]:
    if image.edited is not None:
        yield picture_key(image)
        yield from (shown_thumbnail_key(image, size) for size in ThumbnailSize)
