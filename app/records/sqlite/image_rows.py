"""Images as rows."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import orjson

from app.domain.image import Derived, Edited, Image, ImageFormat, ImageState
from app.domain.origin import Origin
from app.domain.viewer import UserId
from app.records.derived import derived_of_fields, edited_fields, edited_of_fields
from app.records.sqlite.connection import Value
from app.records.sqlite.rows import from_json, from_micros, origin_values, to_json, to_micros

_STATES: Mapping[str, ImageState] = {state.value: state for state in ImageState}
_FORMATS: Mapping[str, ImageFormat] = {image_format.value: image_format for image_format in ImageFormat}

_HOLDING = "FROM flow_images AS held CROSS JOIN flows ON flows.name = held.flow WHERE held.image_id = images.id"
"""The flows that hold the image of a row. CROSS JOIN makes SQLite begin with the few that do."""

IS_PUBLIC = f"EXISTS (SELECT 1 {_HOLDING} AND flows.is_public)"

_IS_READER = "(flows.owner_id = ? OR EXISTS (SELECT 1 FROM json_each(flows.member_ids) WHERE value = ?))"

IS_SHOWN = f"EXISTS (SELECT 1 {_HOLDING} AND (flows.is_public OR {_IS_READER}))"
"""Whether a flow shows the image to a user, whose id is both parameters."""

# A list for each flow, of its members, its owner or null, and whether it is public: taking them apart is faster here
# than in SQL.
_FLOWS = f"""(SELECT json_group_array(json_insert(flows.member_ids, '$[#]', flows.owner_id, '$[#]', flows.is_public))
  {_HOLDING})"""

# The text of the flows is joined to an empty one so that it stays a text where rows are packed as JSON.
IMAGE_COLUMNS = f"""images.id, images.owner_id, images.title, images.state, images.format, images.width, images.height,
  images.byte_size, images.sha256, images.frame_count, images.created_at, images.client_type, images.tags,
  images.client_metadata, images.derived, images.edited, images.revision, images.origin_url, images.origin_page_url,
  {_FLOWS} || '' AS shown_by"""
"""What `image_of` reads, in its order."""

IMAGE_COLUMN_NAMES = (
    *("id", "owner_id", "title", "state", "format", "width", "height", "byte_size", "sha256", "frame_count"),
    *("created_at", "client_type", "tags", "client_metadata", "derived", "edited", "revision"),
    *("origin_url", "origin_page_url", "shown_by"),
)

FIND_IMAGES = f"SELECT {IMAGE_COLUMNS} FROM images WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - own text only

INSERT_IMAGE = """
INSERT INTO images (id, owner_id, title, state, format, width, height, byte_size, sha256, frame_count, created_at,
                    client_type, tags, client_metadata, derived, edited, revision, origin_url, origin_page_url)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id
"""


def image_of(row: sqlite3.Row | Sequence[Any]) -> Image:
    """Return the image of a row, whose first columns are `IMAGE_COLUMNS`.

    They are taken by their order: a look-up by name goes through the names of all columns each time.
    """
    image_id, owner_id, title, state, image_format, width, height, byte_size, sha256, frame_count = row[:10]
    created_at, client_type, tags, client_metadata, derived, edited, revision = row[10:17]
    origin_url, origin_page_url, shown_by = row[17:20]
    return Image(
        image_id,
        owner_id,
        title,
        _STATES[state],
        _FORMATS[image_format],
        width,
        height,
        byte_size,
        sha256,
        frame_count,
        from_micros(created_at),
        client_type,
        from_json(tags) if tags != "[]" else (),
        client_metadata,
        None if origin_url is None else Origin(origin_url, origin_page_url),
        None if derived is None else derived_of(derived),
        None if edited is None else edited_of(edited),
        revision,
        *shown_to(shown_by),
    )


@lru_cache(maxsize=1_024)
def shown_to(flows: str) -> tuple[bool, frozenset[UserId]]:
    """Return whether an image is public, and who may see it beside; there are about as many answers as flows."""
    is_public = False
    readers: set[UserId] = set()
    for *members, owner_id, flow_is_public in orjson.loads(flows):
        is_public |= bool(flow_is_public)
        readers.update(UserId(reader) for reader in (*members, owner_id) if reader is not None)
    return is_public, frozenset(readers)


def image_values(image: Image) -> tuple[Value, ...]:
    """Return the parameters of INSERT_IMAGE."""
    return (
        image.id,
        image.owner_id,
        image.title,
        image.state,
        image.format,
        image.width,
        image.height,
        image.byte_size,
        image.sha256,
        image.frame_count,
        to_micros(image.created_at),
        image.client_type,
        to_json(image.tags),
        image.client_metadata,
        None if image.derived is None else derived_json(image.derived),
        None if image.edited is None else edited_json(image.edited),
        image.revision,
        *origin_values(image.origin),
    )


def derived_json(derived: Derived) -> str:
    return orjson.dumps(asdict(derived)).decode()


def edited_json(edited: Edited) -> str:
    return orjson.dumps(edited_fields(edited)).decode()


def edited_of(text: str) -> Edited:
    return edited_of_fields(orjson.loads(text))


def derived_of(text: str) -> Derived:
    return derived_of_fields(orjson.loads(text))
