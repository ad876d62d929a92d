"""The labels of images in SQLite."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.image import ImageId
from app.domain.label import Classification, Label, best_first
from app.domain.label_rule import LabelAction
from app.records.sqlite.connection import Database, Transaction
from app.records.sqlite.label_actions import add_actions, find_actions
from app.records.sqlite.rows import from_micros, to_json, to_micros

_PUT = """
INSERT INTO image_classifications (image_id, model, model_version, classified_at)
SELECT id, ?2, ?3, ?4 FROM images WHERE id = ?1
ON CONFLICT (image_id, model) DO UPDATE
SET model_version = excluded.model_version, classified_at = excluded.classified_at
RETURNING image_id
"""

_PUT_BEST = """
INSERT INTO labelled_images (image_id, name, score, created_at)
SELECT label.image_id, label.name, max(label.score), images.created_at
FROM image_labels AS label CROSS JOIN images ON images.id = label.image_id
WHERE label.image_id = ? GROUP BY label.name
"""

_OF_IMAGES = """
SELECT label.image_id, label.name, label.score, label.model, said.model_version, said.classified_at
FROM image_labels AS label
CROSS JOIN image_classifications AS said ON said.image_id = label.image_id AND said.model = label.model
WHERE label.image_id IN (SELECT value FROM json_each(?))
"""

_OUTDATED = """
SELECT said.image_id FROM image_classifications AS said CROSS JOIN images ON images.id = said.image_id
WHERE said.model = ? AND said.model_version <> ? AND images.state = 'READY' ORDER BY said.image_id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class SqliteLabels:
    database: Database

    async def put(self, classification: Classification) -> None:
        said = (classification.image_id, classification.model)
        row = (*said, classification.model_version, to_micros(classification.classified_at))
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one(_PUT, row) is not None:
                await transaction.fetch("DELETE FROM image_labels WHERE image_id = ? AND model = ?", said)
                await _insert_labels(transaction, classification)

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Label, ...]]:
        labels: dict[ImageId, list[Label]] = defaultdict(list)
        for row in await self.database.read(_OF_IMAGES, (to_json(image_ids),)):
            labels[ImageId(row["image_id"])].append(_label_of(row))
        return {image_id: best_first(given) for image_id, given in labels.items()}

    async def add_actions(self, actions: Sequence[LabelAction]) -> None:
        await add_actions(self.database, actions)

    async def find_actions(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[LabelAction, ...]]:
        return await find_actions(self.database, image_ids)

    async def find_outdated(self, model: str, version: str, limit: int) -> tuple[ImageId, ...]:
        rows = await self.database.read(_OUTDATED, (model, version, limit))
        return tuple(ImageId(row["image_id"]) for row in rows)


async def _insert_labels(transaction: Transaction, classification: Classification) -> None:
    await transaction.execute_many(
        "INSERT INTO image_labels (image_id, model, name, score) VALUES (?, ?, ?, ?)",
        [
            (classification.image_id, classification.model, prediction.name, prediction.score)
            for prediction in classification.predictions
        ],
    )
    await transaction.fetch("DELETE FROM labelled_images WHERE image_id = ?", (classification.image_id,))
    await transaction.fetch(_PUT_BEST, (classification.image_id,))


def _label_of(row: sqlite3.Row) -> Label:
    return Label(
        name=row["name"],
        score=row["score"],
        model=row["model"],
        model_version=row["model_version"],
        classified_at=from_micros(row["classified_at"]),
    )
