"""The full-size picture of an image, as a file."""

from __future__ import annotations

import strawberry

from app.domain import image as domain
from schema.context import Info
from schema.scalars import URL, BigInt

strawberry.enum(domain.ImageFormat, description="A format that can be taken in; which are is in `server { formats }`.")


@strawberry.type(description="A full-size picture as a file: the original, or what edits made of it.")
class Picture:
    url: URL = strawberry.field(description="Its address: permanent when public, else signed for an hour or two.")
    width: int = strawberry.field(description="Width in px, as shown.")
    height: int = strawberry.field(description="Height in px, as shown.")
    format: domain.ImageFormat = strawberry.field(description="The format of its bytes.")
    mime_type: str = strawberry.field(description="The media type of its bytes.")
    byte_size: BigInt = strawberry.field(description="Size in bytes.")
    sha256: str = strawberry.field(description="SHA-256 of its bytes, 64 hex digits.")


def make_picture(info: Info, image: domain.Image) -> Picture:
    """Return the picture as it is shown."""
    made = image.edited or image
    return Picture(
        url=URL(info.context.media(info.context.services.images.picture_path(image))),
        width=image.width,
        height=image.height,
        format=made.format,
        mime_type=made.format.mime_type,
        byte_size=BigInt(made.byte_size),
        sha256=made.sha256,
    )
