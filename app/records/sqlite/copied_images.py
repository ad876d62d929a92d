"""Images as they go from one database to another, with all that is kept of each, and back."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.ports.record_copy import Record
from app.records.sqlite.connection import Database, Transaction, Value
from app.records.sqlite.copied_rows import insert, of_object, record_of, row_of, to_object
from app.records.sqlite.label_actions import FLOW, TAG
from app.records.sqlite.rows import to_json

_OF_IMAGES: Mapping[str, str] = {
    "flow_images": "flow",
    "image_classifications": "model",
    "image_labels": "model, name",
    "label_actions": "kind, target",
    "replicas": "backend",
}
"""The tables with what is kept of an image, and the order of the rows."""

_REPLICA = ("backend", "state", "checked_at", "error", "cid")
_WHY = ("flow", "label", "min_score", "score", "model", "model_version", "classified_at", "at")

Kept = Mapping[str, Sequence[sqlite3.Row]]


async def image_records(database: Database, rows: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
    """Return the records of rows of `images`."""
    ids = to_json(row["id"] for row in rows)
    kept: dict[str, dict[str, list[sqlite3.Row]]] = defaultdict(lambda: defaultdict(list))
    for table, order in _OF_IMAGES.items():
        sql = f"SELECT * FROM {table} WHERE image_id IN (SELECT value FROM json_each(?)) ORDER BY image_id, {order}"  # noqa: S608 - own names only
        for row in await database.read(sql, (ids,)):
            kept[row["image_id"]][table].append(row)
    return [_record_of(row, kept[row["id"]]) for row in rows]


async def insert_images(transaction: Transaction, records: Sequence[Record]) -> None:
    """Insert images behind what is kept of them: so the triggers of the search find each of them whole."""
    await transaction.fetch("PRAGMA defer_foreign_keys = ON")
    parts: dict[str, list[dict[str, Value]]] = defaultdict(list)
    for record in records:
        for table, row in _parts_of(record):
            parts[table].append({"image_id": record["id"], **row})
    for table, rows in parts.items():
        await insert(transaction, table, rows)
    await insert(
        transaction,
        "images",
        ({**row_of("images", record), "edit_plan": to_object(record["plan"])} for record in records),
    )


def _record_of(row: sqlite3.Row, kept: Kept) -> dict[str, Any]:
    record = record_of("images", row)
    return {
        **record,
        "tags": list(dict.fromkeys(record["tags"])),
        "plan": of_object(row["edit_plan"]),
        "flows": [place["flow"] for place in kept["flow_images"]],
        "classifications": [_classification_of(said, kept["image_labels"]) for said in kept["image_classifications"]],
        "label_actions": [_action_of(done) for done in kept["label_actions"]],
        "replicas": [{field: known[field] for field in _REPLICA} for known in kept["replicas"]],
    }


def _classification_of(said: sqlite3.Row, labels: Sequence[sqlite3.Row]) -> dict[str, Any]:
    return {
        **{field: said[field] for field in ("model", "model_version", "classified_at")},
        "predictions": [
            {"name": label["name"], "score": label["score"]} for label in labels if label["model"] == said["model"]
        ],
    }


def _action_of(done: sqlite3.Row) -> dict[str, Any]:
    tag, to_flow = (done["target"], None) if done["kind"] == TAG else (None, done["target"])
    return {**{field: done[field] for field in _WHY}, "tag": tag, "to_flow": to_flow}


def _parts_of(record: Record) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield the rows of all tables but `images`, without the image's id."""
    created_at = record["created_at"]
    for tag in record["tags"]:
        yield "image_tags", {"tag": tag, "created_at": created_at, "owner_id": record["owner_id"]}
    for flow in record["flows"]:
        yield "flow_images", {"flow": flow, "created_at": created_at, "is_failed": record["state"] == "FAILED"}
    best: dict[str, float] = {}
    for said in record["classifications"]:
        yield "image_classifications", {field: value for field, value in said.items() if field != "predictions"}
        for label in said["predictions"]:
            yield "image_labels", {"model": said["model"], **label}
            best[label["name"]] = max(label["score"], best.get(label["name"], 0.0))
    for name, score in best.items():
        yield "labelled_images", {"name": name, "score": score, "created_at": created_at}
    for done in record["label_actions"]:
        kind, target = (TAG, done["tag"]) if done["tag"] is not None else (FLOW, done["to_flow"])
        yield "label_actions", {**{field: done[field] for field in _WHY}, "kind": kind, "target": target}
    for known in record["replicas"]:
        yield "replicas", dict(known)
