"""What label rules did to images, in MongoDB: inside the images' documents."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.domain.image import ImageId
from app.domain.label import Label
from app.domain.label_rule import LabelAction, LabelRule
from app.records.micros import from_micros, to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.image_rows import KEPT, ActionPart, ImageRow
from app.records.mongo.images import change_image
from app.records.mongo.tables import Update


async def add_actions(collections: Collections, actions: Sequence[LabelAction]) -> None:
    """Each image changes by a write of its own: what a crash leaves undone is done when the rules are followed anew."""
    by_image: dict[ImageId, list[ActionPart]] = defaultdict(list)
    for action in actions:
        by_image[action.image_id].append(_part_of(action))
    for image_id, parts in by_image.items():

        def add(row: ImageRow, parts: Sequence[ActionPart] = parts) -> Update | None:
            done = {part.thing for part in row.label_actions}
            new = {part.thing: part for part in parts if part.thing not in done}
            if not new:
                return None
            return {"$push": {"label_actions": {"$each": [part.model_dump() for part in new.values()]}}}

        await change_image(collections, image_id, add)


async def find_actions(
    collections: Collections, image_ids: Sequence[ImageId]
) -> Mapping[ImageId, tuple[LabelAction, ...]]:
    rows = await collections.images.find({"_id": {"$in": list(image_ids)}, "state": {"$in": list(KEPT)}})
    return {ImageId(row.id): _actions_of(row) for row in rows if row.label_actions}


def _part_of(action: LabelAction) -> ActionPart:
    return ActionPart(
        flow=action.flow,
        label=action.rule.label,
        min_score=action.rule.min_score,
        tag=action.rule.tag,
        to_flow=action.rule.to_flow,
        score=action.label.score,
        model=action.label.model,
        model_version=action.label.model_version,
        classified_at=to_micros(action.label.classified_at),
        at=to_micros(action.at),
    )


def _actions_of(row: ImageRow) -> tuple[LabelAction, ...]:
    return tuple(
        LabelAction(
            image_id=ImageId(row.id),
            flow=part.flow,
            rule=LabelRule(part.label, part.min_score, part.tag, part.to_flow),
            label=Label(part.label, part.score, part.model, part.model_version, from_micros(part.classified_at)),
            at=from_micros(part.at),
        )
        for part in sorted(row.label_actions, key=lambda part: (part.at, part.thing))
    )
