"""What label rules did to images, and how flows keep their rules, in SQLite."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import orjson

from app.domain.image import ImageId
from app.domain.label import Label
from app.domain.label_rule import FlowLabelling, LabelAction, LabelRule
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database, Value
from app.records.sqlite.rows import from_micros, to_json, to_micros

TAG, FLOW = "TAG", "FLOW"

_ADD = """
INSERT INTO label_actions (image_id, flow, label, min_score, kind, target,
                           score, model, model_version, classified_at, at)
SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM images WHERE id = ?1 ON CONFLICT DO NOTHING
"""

_FIND = """
SELECT label_actions.* FROM json_each(?) AS asked
CROSS JOIN label_actions ON label_actions.image_id = asked.value ORDER BY at, kind, target
"""


async def add_actions(database: Database, actions: Sequence[LabelAction]) -> None:
    async with database.transaction() as transaction:
        await transaction.execute_many(_ADD, [_values(action) for action in actions])


async def find_actions(database: Database, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[LabelAction, ...]]:
    actions: dict[ImageId, list[LabelAction]] = defaultdict(list)
    for row in await database.read(_FIND, (to_json(dict.fromkeys(image_ids)),)):
        actions[ImageId(row["image_id"])].append(_action_of(row))
    return {image_id: tuple(done) for image_id, done in actions.items()}


def labelling_json(labelling: FlowLabelling | None) -> str | None:
    return None if labelling is None else orjson.dumps(asdict(labelling)).decode()


def labelling_of(text: str | None) -> FlowLabelling | None:
    if text is None:
        return None
    fields = orjson.loads(text)
    rules = tuple(LabelRule(**rule) for rule in fields["rules"])
    return FlowLabelling(fields["on_upload"], fields["model"], rules, UserId(fields["set_by"]))


def _values(action: LabelAction) -> tuple[Value, ...]:
    rule, label = action.rule, action.label
    does = (TAG, rule.tag) if rule.tag is not None else (FLOW, rule.to_flow)
    why = (label.score, label.model, label.model_version, to_micros(label.classified_at))
    return (action.image_id, action.flow, rule.label, rule.min_score, *does, *why, to_micros(action.at))


def _action_of(row: sqlite3.Row) -> LabelAction:
    tag, to_flow = (row["target"], None) if row["kind"] == TAG else (None, row["target"])
    classified_at = from_micros(row["classified_at"])
    return LabelAction(
        image_id=ImageId(row["image_id"]),
        flow=row["flow"],
        rule=LabelRule(row["label"], row["min_score"], tag, to_flow),
        label=Label(row["label"], row["score"], row["model"], row["model_version"], classified_at),
        at=from_micros(row["at"]),
    )
