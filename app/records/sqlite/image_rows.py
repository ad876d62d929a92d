"""Images as rows."""

import sqlite3
from dataclasses import asdict

import orjson

from app.domain.image import Derived, Edited, Image, ImageFormat, ImageId, ImageState
from app.domain.viewer import UserId
from app.records.derived import derived_of_fields, edited_fields, edited_of_fields
from app.records.sqlite.connection import Value
from app.records.sqlite.rows import from_json, from_micros, origin_of, origin_values, to_json, to_micros

_HOLDING = "FROM flow_images AS held CROSS JOIN flows ON flows.name = held.flow WHERE held.image_id = images.id"
"""The flows that hold the image of a row. CROSS JOIN makes SQLite begin with the few that do."""

IS_PUBLIC = f"EXISTS (SELECT 1 {_HOLDING} AND flows.is_public)"

_IS_READER = "(flows.owner_id = ? OR EXISTS (SELECT 1 FROM json_each(flows.member_ids) WHERE value = ?))"

IS_SHOWN = f"EXISTS (SELECT 1 {_HOLDING} AND (flows.is_public OR {_IS_READER}))"
"""Whether a flow shows the image to a user, whose id is both parameters."""

# A list for each flow, of its members and its owner or null: taking them apart here is faster than in SQL.
_READERS = f"(SELECT json_group_array(json_insert(flows.member_ids, '$[#]', flows.owner_id)) {_HOLDING})"

IMAGE_COLUMNS = f"images.*, {IS_PUBLIC} AS is_public, {_READERS} AS reader_ids"

FIND_IMAGES = f"SELECT {IMAGE_COLUMNS} FROM images WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - own text only

INSERT_IMAGE = """
INSERT INTO images (id, owner_id, title, state, format, width, height, byte_size, sha256, frame_count, created_at,
                    client_type, tags, client_metadata, derived, edited, revision, origin_url, origin_page_url)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id
"""


def image_of(row: sqlite3.Row) -> Image:
    return Image(
        id=ImageId(row["id"]),
        owner_id=UserId(row["owner_id"]),
        title=row["title"],
        state=ImageState(row["state"]),
        format=ImageFormat(row["format"]),
        width=row["width"],
        height=row["height"],
        byte_size=row["byte_size"],
        sha256=row["sha256"],
        frame_count=row["frame_count"],
        created_at=from_micros(row["created_at"]),
        client_type=row["client_type"],
        tags=from_json(row["tags"]),
        client_metadata=row["client_metadata"],
        origin=origin_of(row),
        derived=None if row["derived"] is None else derived_of(row["derived"]),
        edited=None if row["edited"] is None else edited_of(row["edited"]),
        revision=row["revision"],
        is_public=bool(row["is_public"]),
        reader_ids=readers_of(row["reader_ids"]),
    )


def readers_of(text: str) -> frozenset[UserId]:
    return frozenset(UserId(reader) for flow in orjson.loads(text) for reader in flow if reader is not None)


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
