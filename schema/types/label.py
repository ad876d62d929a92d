"""Labels: what models say that images show."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import label as domain


@strawberry.type(description="What a model says that an image shows.")
class Label:
    name: str = strawberry.field(description="The class, in lower case.")
    score: float = strawberry.field(description="How sure the model is, from 0 to 1.")
    model: str = strawberry.field(description="The model's name.")
    model_version: str = strawberry.field(description="The model's version.")
    classified_at: datetime = strawberry.field(description="When the model looked at the image.")

    @classmethod
    def from_domain(cls, label: domain.Label) -> Label:
        return cls(
            name=label.name,
            score=label.score,
            model=label.model,
            model_version=label.model_version,
            classified_at=label.classified_at,
        )
