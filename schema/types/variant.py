"""One rendering of an image: an address, and what its bytes are."""

from enum import StrEnum

import strawberry

from app.domain import image as domain
from schema.scalars import URL, BigInt

strawberry.enum(
    domain.ThumbnailSize, description="A thumbnail by its longer side at most: 150, 400 or 800 px; never enlarged."
)


@strawberry.enum(description="The format of a rendering's bytes.")
class VariantFormat(StrEnum):
    JPEG = "JPEG"


@strawberry.type(description="A rendering of an image; its size and format are those of its bytes.")
class Variant:
    url: URL = strawberry.field(description="Where its bytes are, or will be once the image is ready.")
    width: int = strawberry.field(description="Width in px.")
    height: int = strawberry.field(description="Height in px.")
    format: VariantFormat = strawberry.field(description="The format of its bytes.")
    byte_size: BigInt | None = strawberry.field(description="Size in bytes; null until it is made.")
