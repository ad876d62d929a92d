"""What this server is and takes."""

from __future__ import annotations

import strawberry

from app import __version__
from app.domain.image import ImageFormat, ThumbnailSize
from app.domain.job import MAX_ITEMS
from app.domain.page import MAX_PAGE_SIZE
from app.settings import Settings
from schema.scalars import BigInt


@strawberry.type(description="The limits of this server.")
class ServerLimits:
    max_upload_bytes: BigInt = strawberry.field(description="Of one image, in bytes.")
    max_pixels: int = strawberry.field(description="Of one image: width times height, in px.")
    max_side: int = strawberry.field(description="Of one image: width or height, in px.")
    max_frames: int = strawberry.field(description="Of one animation.")
    max_page_size: int = strawberry.field(description="Rows of a page.")
    max_job_items: int = strawberry.field(description="Images of one job.")


@strawberry.type(description="A rendering by name that every image has.")
class Preset:
    name: ThumbnailSize = strawberry.field(description="Its name.")
    bound: int = strawberry.field(description="The longer side at most, in px.")


@strawberry.type(description="What this server is and takes.")
class ServerInfo:
    version: str = strawberry.field(description="The server's release.")
    limits: ServerLimits = strawberry.field(description="What it takes at most.")
    formats: list[ImageFormat] = strawberry.field(description="The formats that it takes in.")
    presets: list[Preset] = strawberry.field(description="The renderings that every image has.")
    storage_backends: list[str] = strawberry.field(description="The stores that keep objects, the primary first.")

    @classmethod
    def from_settings(cls, settings: Settings) -> ServerInfo:
        return cls(
            version=__version__,
            limits=ServerLimits(
                max_upload_bytes=BigInt(settings.max_upload_bytes),
                max_pixels=settings.max_pixels,
                max_side=settings.max_side,
                max_frames=settings.max_frames,
                max_page_size=MAX_PAGE_SIZE,
                max_job_items=MAX_ITEMS,
            ),
            formats=list(ImageFormat),
            presets=[Preset(name=size, bound=size.bound) for size in ThumbnailSize],
            storage_backends=list(settings.storage),
        )
