"""Documents as they go from one database to another, and back."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from app.domain.search import words_of
from app.ports.record_copy import Record
from app.records.copied_fields import FIELDS
from app.records.mongo.job_rows import STAGED, item_id
from app.records.mongo.store_rows import ONLY
from app.records.mongo.tables import Query, Row
from app.records.mongo.tag_rows import tag_id

R = TypeVar("R", bound=Row)

KEY_LENGTH = 24

COLLECTIONS: Mapping[str, str] = {"usage": "owners"}
"""Collections that have another name than the table."""

TAKEN: Mapping[str, Query] = {
    "flows": {"is_deleted": False},
    "webhooks": {"is_deleted": False},
    "usage": {"images": {"$gt": 0}},
    "tag_counts": {"image_count": {"$gt": 0}},
    "job_items": {"state": {"$ne": STAGED}},
}
"""Which documents are copied, if not all: none that is gone, and none of a job that never came."""

_IDS: Mapping[str, Callable[[Record], str]] = {
    "flows": lambda flow: flow_id_of(flow["name"]),
    "flow_events": lambda line: f"{flow_id_of(line['flow'])}/{line['sequence']}",
    "color_reports": lambda report: f"{report['image_id']}/{report['browser']}",
    "tag_counts": lambda tag: tag_id(tag["owner_id"], tag["tag"]),
    "uploads": lambda upload: str(upload["image_id"]),
    "job_items": lambda item: item_id(item["job_id"], item["position"]),
    "job_events": lambda line: f"{line['job_id']}/{line['sequence']}",
    "served_turns": lambda served: str(served["priority"]),
    "idempotent_requests": lambda request: f"{request['user_id']}/{request['key_sha256']}",
    "scrubs": lambda _: ONLY,
}
"""The ids of the documents of tables whose records have none."""

_FOLLOWING: Mapping[str, Callable[[Record], dict[str, Any]]] = {
    "flows": lambda flow: {"folded_name": flow["name"].casefold(), "words": list(words_of(flow["name"]))},
    "flow_events": lambda line: {"flow": flow_id_of(line["flow"])},
    "uploads": lambda upload: {"is_open": upload["job_id"] is None},
    "webhooks": lambda webhook: {"slot": webhook["id"]},
    "shares": lambda share: {"receiver": None if share["email"] is None else share["email"].lower()},
}
"""What a document has beside the values of its record."""

_IN_THE_ID: Mapping[str, Mapping[str, Callable[[str], str | int]]] = {
    "uploads": {"image_id": str},
    "served_turns": {"priority": int},
    "usage": {"owner_id": str},
}
"""Values that are the id of the document, under another name."""


def flow_id_of(name: str) -> str:
    """Return the id that a flow gets when it is copied, the same each time."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def record_of(table: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a document as `Row.dump` gives it."""
    ids: Mapping[str, Callable[[str], str | int]] = {"id": str, **_IN_THE_ID.get(table, {})}
    return {field: ids[field](document["_id"]) if field in ids else document.get(field) for field in FIELDS[table]}


def document_of(table: str, model: type[R], record: Record, key: str) -> R:
    """Return the document of a record.

    Args:
        key: Makes the id when nothing in the record does; it is padded, so that numbers stay in order.
    """
    make_id = _IDS.get(table)
    row_id = make_id(record) if make_id else record.get("id", key.rjust(KEY_LENGTH, "0"))
    follow = _FOLLOWING.get(table)
    following = follow(record) if follow else {}
    return model.model_validate({**record, **following, "_id": row_id})
