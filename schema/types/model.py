"""Models: what gives images their labels."""

from __future__ import annotations

import strawberry

from app.domain import model as domain


@strawberry.type(description="A model that can say what images show, as its card describes it.")
class Model:
    name: str = strawberry.field(description="Its name.")
    version: str = strawberry.field(description="Its version; what it said of images is replaced when this changes.")
    description: str = strawberry.field(description="What it is for.")
    labels: list[str] = strawberry.field(description="All that it can say, in lower case.")
    licence: str = strawberry.field(description="The licence of its weights.")
    source: str = strawberry.field(description="Where it comes from.")
    sha256: str = strawberry.field(description="SHA-256 of its weights, 64 hex digits.")
    is_default: bool = strawberry.field(description="Whether it is the one that is used when none is named.")
    fault: str | None = strawberry.field(description="Why it cannot be used; null when it can.")

    @classmethod
    def from_domain(cls, model: domain.Model, *, is_default: bool) -> Model:
        return cls(
            name=model.name,
            version=model.version,
            description=model.description,
            labels=list(model.labels),
            licence=model.licence,
            source=model.source,
            sha256=model.sha256,
            is_default=is_default,
            fault=model.fault,
        )
