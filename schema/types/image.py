"""Images, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import image as domain
from app.domain import policy
from app.domain.edit import MAX_OPERATIONS
from app.domain.page import DEFAULT_PAGE_SIZE, Cursor, page_request, slice_page
from app.domain.similarity import DEFAULT_DISTANCE, MAX_DISTANCE
from app.domain.variant import Fit, VariantFormat
from schema.context import Info
from schema.measure import LIST_SIZE
from schema.pagination import Connection, connection
from schema.scalars import URL, BigInt, HexColor
from schema.types.animation import Animation
from schema.types.edit import Edit
from schema.types.label import Label
from schema.types.label_rule import LabelAction
from schema.types.metadata import Metadata
from schema.types.node import Node
from schema.types.picture import Picture, make_picture
from schema.types.replica import Replica
from schema.types.variant import (
    Responsive,
    Variant,
    VariantOptions,
    make_responsive,
    make_spec,
    make_variant,
    preset_spec,
)
from schema.types.viewer import User, load_user

if TYPE_CHECKING:
    from schema.types.flow import Flow

LABELS = 5
"""How many labels an image is taken to have when a request is weighed."""

MAX_STORES = 3
"""As many kinds as there are: what `replicas` costs."""

strawberry.enum(domain.ImageState, description="Whether everything is made, is being made, or cannot be made.")


@strawberry.type(description="What can be shown before a thumbnail has arrived.")
class Placeholder:
    thumb_hash: str = strawberry.field(description="ThumbHash, base64 (https://evanw.github.io/thumbhash/).")
    blur_hash: str = strawberry.field(description="BlurHash, base 83 (https://blurha.sh).")
    data_uri: str = strawberry.field(description="A tiny picture as a data: URI.")
    dominant_color: HexColor = strawberry.field(description="The colour that covers most of the picture.")

    @classmethod
    def from_domain(cls, placeholder: domain.Placeholder) -> Placeholder:
        return cls(
            thumb_hash=placeholder.thumb_hash,
            blur_hash=placeholder.blur_hash,
            data_uri=placeholder.data_uri,
            dominant_color=HexColor(placeholder.dominant_color),
        )


@strawberry.type(description="One picture.")
class Image(Node):
    record: strawberry.Private[domain.Image]
    title: str = strawberry.field(description="What people call it; may be empty.")
    state: domain.ImageState = strawberry.field(description="How far its processing is.")
    format: domain.ImageFormat = strawberry.field(description="The format of the original's bytes.")
    mime_type: str = strawberry.field(description="The media type of the original's bytes.")
    width: int = strawberry.field(description="Width in px, as shown: orientation and edits applied.")
    height: int = strawberry.field(description="Height in px, as shown: orientation and edits applied.")
    byte_size: BigInt = strawberry.field(description="Size of the original in bytes.")
    sha256: str = strawberry.field(description="SHA-256 of the original's bytes, 64 hex digits.")
    created_at: datetime = strawberry.field(description="When the image was taken in.")
    client_type: str | None = strawberry.field(description="The kind of client that sent it, as it says.")
    tags: list[str] = strawberry.field(description="Words given by its owner.")
    origin_url: URL | None = strawberry.field(description="Where it was fetched from; null when it was not.")
    origin_page_url: URL | None = strawberry.field(description="The page that showed it there, when it was given.")

    @classmethod
    def from_domain(cls, image: domain.Image) -> Image:
        return cls(
            record=image,
            id=strawberry.ID(image.id),
            title=image.title,
            state=image.state,
            format=image.format,
            mime_type=image.format.mime_type,
            width=image.width,
            height=image.height,
            byte_size=BigInt(image.byte_size),
            sha256=image.sha256,
            created_at=image.created_at,
            client_type=image.client_type,
            tags=list(image.tags),
            origin_url=URL(image.origin.url) if image.origin else None,
            origin_page_url=URL(image.origin.page_url) if image.origin and image.origin.page_url else None,
        )

    @strawberry.field(description="Whose it is.")
    async def owner(self, info: Info) -> User | None:
        return await load_user(info, self.record.owner_id)

    @strawberry.field(description="The address of the original: permanent when public, else signed for an hour or two.")
    def url(self, info: Info) -> URL:
        return URL(info.context.media(info.context.services.images.original_path(info.context.viewer, self.record)))

    @strawberry.field(description="The full-size picture as it is shown: the original, or what edits made of it.")
    def picture(self, info: Info) -> Picture:
        return make_picture(info, self.record)

    @strawberry.field(
        description="The edits that are done on the original, in their order.", metadata={LIST_SIZE: MAX_OPERATIONS}
    )
    def edits(self) -> list[Edit]:
        edited = self.record.edited
        return [Edit.from_domain(operation) for operation in edited.operations] if edited else []

    @strawberry.field(
        description="The three thumbnails: small, medium and large.", metadata={LIST_SIZE: len(domain.ThumbnailSize)}
    )
    def thumbnails(self, info: Info) -> list[Variant]:
        return [make_thumbnail(info, self.record, size) for size in domain.ThumbnailSize]

    @strawberry.field(description="One of the three thumbnails.")
    def thumbnail(self, info: Info, size: domain.ThumbnailSize) -> Variant:
        return make_thumbnail(info, self.record, size)

    @strawberry.field(
        description="A rendering that is made when its address is first asked for. At most 8,000 px a side and "
        "50,000,000 px; width and height are 1 to 8,000, quality is 1 to 100. `preset` is one that the operator has "
        "named (`server { presets }`); beside it only `format` can be given."
    )
    async def variant(  # noqa: PLR0913 - what the API takes
        self,
        info: Info,
        *,
        width: int | None = None,
        height: int | None = None,
        fit: Fit | None = Fit.INSIDE,
        format: VariantFormat | None = None,
        quality: int | None = None,
        preset: str | None = None,
        options: VariantOptions | None = None,
    ) -> Variant:
        spec = make_spec(width=width, height=height, fit=fit, format=format, quality=quality, options=options)
        if preset is not None:
            spec = preset_spec(info.context.services.variants.presets, preset, spec, format)
        return await make_variant(info, self.record, spec)

    @strawberry.field(
        description="Addresses for an <img> or <picture>: 1 to 20 widths, none wider than the image, in each format. "
        "Without arguments: 320, 640, 960, 1280 and 1920 px in AVIF, WEBP and AUTO."
    )
    def responsive(
        self, info: Info, widths: list[int] | None = None, formats: list[VariantFormat] | None = None
    ) -> Responsive:
        return make_responsive(info, self.record, widths, formats)

    @strawberry.field(description="What to show before a thumbnail has arrived; null until it is made.")
    def placeholder(self) -> Placeholder | None:
        return Placeholder.from_domain(self.record.derived.placeholder) if self.record.derived else None

    @strawberry.field(description="The colours that cover most of it, most first; empty until they are known.")
    def palette(self) -> list[HexColor]:
        return [HexColor(color) for color in self.record.derived.palette] if self.record.derived else []

    @strawberry.field(description="What moves; null for a still picture, and until it is known.")
    def animation(self) -> Animation | None:
        found = self.record.derived.animation if self.record.derived else None
        return None if found is None else Animation.from_domain(self.record, found)

    @strawberry.field(
        description="What is written in the original; null until it is read. The place is for owner and admin alone."
    )
    def metadata(self, info: Info) -> Metadata | None:
        if self.record.derived is None:
            return None
        is_owner = policy.is_owner(info.context.viewer, self.record.owner_id)
        return Metadata.from_domain(self.record.derived.metadata, with_place=is_owner)

    @strawberry.field(description="What its client gave to be kept with it; for owner and admin alone.")
    def client_metadata(self, info: Info) -> strawberry.scalars.JSON | None:
        if self.record.client_metadata is None or not policy.is_owner(info.context.viewer, self.record.owner_id):
            return None
        return strawberry.scalars.JSON(json.loads(self.record.client_metadata))

    @strawberry.field(
        description="What models say that it shows, best first; empty until one has looked at it.",
        metadata={LIST_SIZE: LABELS},
    )
    async def labels(self, info: Info) -> list[Label]:
        return [Label.from_domain(label) for label in await info.context.loaders.labels.load(self.record.id)]

    @strawberry.field(
        description="Where it is kept, the primary first; for owner and admin alone, empty for everybody else.",
        metadata={LIST_SIZE: MAX_STORES},
    )
    async def replicas(self, info: Info) -> list[Replica]:
        if not policy.can_see_replicas(info.context.viewer, self.record):
            return []
        found = await info.context.loaders.replicas.load(self.record.id)
        return [Replica.from_domain(self.record, role, replica) for role, replica in found]

    @strawberry.field(
        description="What label rules of flows did to it, the first thing first; for owner and admin alone.",
        metadata={LIST_SIZE: LABELS},
    )
    async def label_actions(self, info: Info) -> list[LabelAction]:
        if not policy.is_owner(info.context.viewer, self.record.owner_id):
            return []
        actions = await info.context.loaders.label_actions.load(self.record.id)
        return [LabelAction.from_domain(action) for action in actions]

    @strawberry.field(
        description="Images that look like it, nearest first: `first` is 1 to 100, 20 when not given; `maxDistance` is "
        f"0 to {MAX_DISTANCE}, {DEFAULT_DISTANCE} when not given. Empty until it is known how it looks."
    )
    async def similar(
        self, info: Info, first: int | None = None, max_distance: int | None = None
    ) -> list[SimilarImage]:
        found = await info.context.services.images.find_similar(
            info.context.viewer,
            self.record,
            count=DEFAULT_PAGE_SIZE if first is None else first,
            max_distance=DEFAULT_DISTANCE if max_distance is None else max_distance,
        )
        return [SimilarImage(image=Image.from_domain(image), distance=distance) for image, distance in found]

    @strawberry.field(description="The flows that it is in and the viewer may see, by name.")
    async def flows(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Annotated[Flow, strawberry.lazy("schema.types.flow")]]:
        from schema.types.flow import Flow  # the back edge of flow → image  # noqa: PLC0415

        flows = await info.context.loaders.image_flows.load(self.record.id)

        async def count() -> int:
            return len(flows)

        page = slice_page(flows, lambda flow: Cursor(flow.name, flow.name), page_request(first, after, last, before))
        return connection(page, Flow.from_domain, count)


@strawberry.type(description="An image that looks like another one.")
class SimilarImage:
    image: Image = strawberry.field(description="The image.")
    distance: int = strawberry.field(description="In how many of 64 bits their difference hashes differ.")


async def load_images(info: Info, image_ids: Iterable[str]) -> list[Image]:
    """Return those of the images that are there and the viewer may see, each once."""
    ids = [domain.ImageId(image_id) for image_id in dict.fromkeys(image_ids)]
    return [Image.from_domain(image) for image in await info.context.loaders.images.load_many(ids) if image]


def make_thumbnail(info: Info, image: domain.Image, size: domain.ThumbnailSize) -> Variant:
    """Return a thumbnail's address and size, which follow from the image before the thumbnail is made."""
    width, height = domain.fit_within(image.width, image.height, size.bound)
    made = image.derived.thumbnail_bytes[list(domain.ThumbnailSize).index(size)] if image.derived else None
    return Variant(
        url=URL(info.context.media(info.context.services.images.thumbnail_path(image, size))),
        width=width,
        height=height,
        format=VariantFormat.JPEG,
        byte_size=None if made is None else BigInt(made),
    )
