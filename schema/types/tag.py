"""Tags."""

from __future__ import annotations

import strawberry

from app.domain import tag as domain


@strawberry.type(description="A tag of one user's images.")
class Tag:
    name: str = strawberry.field(description="The tag, in lower case.")
    image_count: int = strawberry.field(description="How many of the user's images have it.")

    @classmethod
    def from_domain(cls, tag: domain.Tag) -> Tag:
        return cls(name=tag.name, image_count=tag.image_count)
