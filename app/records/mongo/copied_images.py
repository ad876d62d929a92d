"""Images as they go from one database to another, with all that is kept of each, and back."""

from collections.abc import Mapping
from typing import Any

from app.ports.record_copy import Record
from app.records.mongo.copied_rows import flow_id_of, record_of
from app.records.mongo.image_rows import ActionPart, ClassificationPart, ImageRow, banded, searchable
from app.records.mongo.labels import best_scores


def image_record(row: ImageRow, flow_names: Mapping[str, str]) -> dict[str, Any]:
    """Return the record of an image.

    Args:
        flow_names: The names of all flows, by their ids.
    """
    document = row.dump()
    return {
        **record_of("images", document),
        "plan": document["plan"],
        "flows": sorted(flow_names[flow] for flow in row.flows if flow in flow_names),
        "classifications": [
            {**said.model_dump(), "predictions": [each.model_dump() for each in _by_name(said)]}
            for said in sorted(row.classifications, key=lambda said: said.model)
        ],
        "label_actions": [done.model_dump() for done in sorted(row.label_actions, key=_thing_of)],
        "replicas": sorted(document["replicas"], key=lambda known: str(known["backend"])),
    }


def image_document(model: type[ImageRow], record: Record) -> ImageRow:
    said = [ClassificationPart.model_validate(each) for each in record["classifications"]]
    labels = best_scores(said)
    return model.model_validate(
        {
            **record,
            "_id": record["id"],
            "flows": [flow_id_of(name) for name in record["flows"]],
            "labels": [label.model_dump() for label in labels],
            "bands": banded(record["derived"]),
            **searchable(record["title"], record["tags"], labels),
        }
    )


def _by_name(said: ClassificationPart) -> list[Any]:
    return sorted(said.predictions, key=lambda prediction: prediction.name)


def _thing_of(done: ActionPart) -> tuple[str, str]:
    return done.thing
