"""Label rules: what flows do with the labels of their images, and what was done."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import label_rule as domain
from schema.types.label import Label


@strawberry.type(description="Images with a label of at least this score get a tag, or are put into a flow.")
class LabelRule:
    label: str = strawberry.field(description="The label, in lower case.")
    min_score: float = strawberry.field(description="The least score of the label, by any model, from 0 to 1.")
    tag: str | None = strawberry.field(description="The tag that the image gets; null when it is put into a flow.")
    to_flow: str | None = strawberry.field(description="The flow that it is put into; null when it gets a tag.")

    @classmethod
    def from_domain(cls, rule: domain.LabelRule) -> LabelRule:
        return cls(label=rule.label, min_score=rule.min_score, tag=rule.tag, to_flow=rule.to_flow)


@strawberry.type(description="How a flow has its images labelled, and what follows from labels.")
class FlowLabelling:
    on_upload: bool = strawberry.field(description="Whether images that are taken in are looked at by themselves.")
    model: str | None = strawberry.field(description="By which model; null for the server's own.")
    rules: list[LabelRule] = strawberry.field(description="What follows from labels.")

    @classmethod
    def from_domain(cls, labelling: domain.FlowLabelling) -> FlowLabelling:
        return cls(
            on_upload=labelling.on_upload,
            model=labelling.model,
            rules=[LabelRule.from_domain(rule) for rule in labelling.rules],
        )


@strawberry.type(description="What a rule did to an image, and why; it does a thing to an image once.")
class LabelAction:
    image_id: strawberry.ID = strawberry.field(description="The image.")
    flow: str = strawberry.field(description="The flow whose rule it was.")
    rule: LabelRule = strawberry.field(description="The rule as it was then.")
    label: Label = strawberry.field(description="The label that made it hold, as it was then.")
    at: datetime = strawberry.field(description="When it was done, or, in a dry run, tried.")

    @classmethod
    def from_domain(cls, action: domain.LabelAction) -> LabelAction:
        return cls(
            image_id=strawberry.ID(action.image_id),
            flow=action.flow,
            rule=LabelRule.from_domain(action.rule),
            label=Label.from_domain(action.label),
            at=action.at,
        )
