"""Queries for images."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import Enum

import strawberry

from app.domain import image as domain
from app.domain.image import ImageId
from app.domain.label import check_min_score, label_name
from app.domain.page import page_request
from app.domain.search import searched_words
from app.domain.viewer import UserId
from schema.context import Info
from schema.pagination import Connection, connection
from schema.scalars import URL
from schema.types.image import Image

strawberry.enum(
    domain.ImageOrderField,
    description="What images are ordered by. RELEVANCE is for `search` and `similarTo`, the best first whatever the "
    "direction; without them it is CREATED_AT.",
)


@strawberry.enum(description="Which way a list is ordered.")
class OrderDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(description="Which images; all given parts must hold.")
class ImageFilter:
    flow: str | None = strawberry.field(default=None, description="In this flow.")
    owner: strawberry.ID | None = strawberry.field(default=None, description="Of this user.")
    tag: str | None = strawberry.field(default=None, description="With this tag.")
    label: str | None = strawberry.field(default=None, description="With this label of any model.")
    min_label_score: float | None = strawberry.field(
        default=None, description="With a score of `label` that is at least this, 0 to 1."
    )
    format: list[domain.ImageFormat] | None = strawberry.field(default=None, description="In one of these formats.")
    state: list[domain.ImageState] | None = strawberry.field(
        default=None, description="In one of these states; PROCESSING and READY when not given."
    )
    created_after: datetime | None = strawberry.field(default=None, description="Taken in after this moment.")
    created_before: datetime | None = strawberry.field(default=None, description="Taken in before this moment.")
    min_width: int | None = strawberry.field(default=None, description="At least this wide, in px.")
    min_height: int | None = strawberry.field(default=None, description="At least this high, in px.")
    search: str | None = strawberry.field(
        default=None,
        description="With all these words in title, tags, labels and names of flows together; case and accents aside.",
    )
    similar_to: strawberry.ID | None = strawberry.field(
        default=None, description="That look like this image: at most 6 of 64 bits of their difference hashes differ."
    )
    origin_url: URL | None = strawberry.field(default=None, description="Fetched from this address.")
    sha256: str | None = strawberry.field(default=None, description="With exactly these bytes.")

    def to_domain(self) -> domain.ImageFilter:
        filters = domain.ImageFilter(
            flow=self.flow,
            owner_id=UserId(self.owner) if self.owner is not None else None,
            tag=self.tag.strip().lower() if self.tag is not None else None,
            label=label_name(self.label) if self.label is not None else None,
            min_label_score=check_min_score(self.label, self.min_label_score),
            formats=tuple(self.format or ()),
            created_after=self.created_after,
            created_before=self.created_before,
            min_width=self.min_width,
            min_height=self.min_height,
            origin_urls=(self.origin_url,) if self.origin_url else (),
            sha256=self.sha256.lower() if self.sha256 is not None else None,
            words=searched_words(self.search or ""),
            similar_to=ImageId(self.similar_to) if self.similar_to is not None else None,
        )
        return replace(filters, states=tuple(self.state)) if self.state else filters


@strawberry.input(description="How images are ordered.")
class ImageOrder:
    field: domain.ImageOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")

    def to_domain(self) -> domain.ImageOrder:
        return domain.ImageOrder(self.field, descending=self.direction is OrderDirection.DESC)


@strawberry.type
class ImageQueries:
    @strawberry.field(description="An image by its id; null when there is none that the viewer may see.")
    async def image(self, info: Info, id: strawberry.ID) -> Image | None:
        image = await info.context.services.images.find(info.context.viewer, id)
        return Image.from_domain(image) if image else None

    @strawberry.field(
        description="The images that the viewer may see; what fits a search best first, else the newest first, unless "
        "ordered otherwise."
    )
    async def images(  # noqa: PLR0913, PLR0917 - Relay's four, and what to list
        self,
        info: Info,
        filter: ImageFilter | None = None,
        order_by: ImageOrder | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Image]:
        images, viewer = info.context.services.images, info.context.viewer
        filters = filter.to_domain() if filter else domain.ImageFilter()
        order = order_by.to_domain() if order_by else filters.natural_order
        page = await images.list(viewer, filters, order, page_request(first, after, last, before))
        return connection(page, Image.from_domain, lambda: images.count(viewer, filters))
