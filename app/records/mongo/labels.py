"""The labels of images in MongoDB: inside the images' documents, so they come and go with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.flow import FlowEventKind
from app.domain.image import ImageId, ImageState
from app.domain.label import Classification, Label, best_first
from app.domain.label_rule import LabelAction
from app.records.micros import from_micros, to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged
from app.records.mongo.image_changes import make_debt, owing
from app.records.mongo.image_rows import KEPT, ClassificationPart, ImageRow, PredictionPart, searchable
from app.records.mongo.images import change_image
from app.records.mongo.label_actions import add_actions, find_actions
from app.records.mongo.tables import Update


@dataclass(frozen=True, slots=True)
class MongoLabels:
    collections: Collections

    async def put(self, classification: Classification) -> None:
        part = _part_of(classification)

        def put(row: ImageRow) -> Update:
            parts = [*(each for each in row.classifications if each.model != part.model), part]
            labels = best_scores(parts)
            said = {
                "classifications": [each.model_dump() for each in parts],
                "labels": [label.model_dump() for label in labels],
                **searchable(row.title, row.tags, labels),
            }
            return merged({"$set": said}, owing(make_debt(FlowEventKind.CHANGED, row.flows)))

        await change_image(self.collections, classification.image_id, put)

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Label, ...]]:
        query = {"_id": {"$in": list(image_ids)}, "state": {"$in": list(KEPT)}}
        rows = await self.collections.images.find(query)
        return {ImageId(row.id): _labels_of(row.classifications) for row in rows if row.labels}

    async def add_actions(self, actions: Sequence[LabelAction]) -> None:
        await add_actions(self.collections, actions)

    async def find_actions(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[LabelAction, ...]]:
        return await find_actions(self.collections, image_ids)

    async def find_outdated(self, model: str, version: str, limit: int) -> tuple[ImageId, ...]:
        outdated = {"$elemMatch": {"model": model, "model_version": {"$ne": version}}}
        query = {"classifications": outdated, "state": ImageState.READY.value}
        rows = await self.collections.images.project(query, {"_id": 1}, sort=[("_id", 1)], limit=limit)
        return tuple(ImageId(row["_id"]) for row in rows)


def _part_of(said: Classification) -> ClassificationPart:
    return ClassificationPart(
        model=said.model,
        model_version=said.model_version,
        classified_at=to_micros(said.classified_at),
        predictions=[PredictionPart(name=each.name, score=each.score) for each in said.predictions],
    )


def best_scores(parts: Sequence[ClassificationPart]) -> list[PredictionPart]:
    """Return each name once, with the best score that any model gave it."""
    best: dict[str, float] = {}
    for prediction in (prediction for part in parts for prediction in part.predictions):
        best[prediction.name] = max(prediction.score, best.get(prediction.name, 0.0))
    return [PredictionPart(name=name, score=score) for name, score in best.items()]


def _labels_of(parts: Sequence[ClassificationPart]) -> tuple[Label, ...]:
    return best_first(
        Label(said.name, said.score, part.model, part.model_version, from_micros(part.classified_at))
        for part in parts
        for said in part.predictions
    )
