"""What this server is and takes."""

from __future__ import annotations

import strawberry

from app import __version__
from app.domain import variant
from app.domain.image import ImageFormat, ThumbnailSize
from app.domain.job import MAX_ITEMS
from app.domain.page import MAX_PAGE_SIZE
from app.domain.variant_text import write_spec
from app.settings import Settings
from schema.context import Info
from schema.scalars import BigInt
from schema.types.model import Model


@strawberry.type(description="The limits of this server.")
class ServerLimits:
    max_upload_bytes: BigInt = strawberry.field(description="Of one image, in bytes.")
    max_pixels: int = strawberry.field(description="Of one image: width times height, in px.")
    max_side: int = strawberry.field(description="Of one image: width or height, in px.")
    max_frames: int = strawberry.field(description="Of one animation.")
    max_page_size: int = strawberry.field(description="Rows of a page.")
    max_job_items: int = strawberry.field(description="Images of one job.")


@strawberry.type(description="A rendering by name: a thumbnail, or a variant that the operator has named.")
class Preset:
    name: str = strawberry.field(description="Its name: for `thumbnail(size:)`, or for `variant(preset:)`.")
    bound: int | None = strawberry.field(description="Of a thumbnail: the longer side at most, in px.")
    width: int | None = strawberry.field(description="Width of the box in px; null follows from the proportions.")
    height: int | None = strawberry.field(description="Height of the box in px; null follows from the proportions.")
    fit: variant.Fit = strawberry.field(description="How a picture gets into the box.")
    format: variant.VariantFormat = strawberry.field(
        description="The format of its bytes, unless another is asked for."
    )
    specification: str = strawberry.field(description="All of it, as in the addresses of variants.")

    @classmethod
    def from_spec(cls, name: str, spec: variant.VariantSpec, bound: int | None = None) -> Preset:
        return cls(
            name=name,
            bound=bound,
            width=spec.width,
            height=spec.height,
            fit=spec.fit,
            format=spec.format,
            specification=write_spec(spec),
        )


@strawberry.type(description="What this server is and takes.")
class ServerInfo:
    version: str = strawberry.field(description="The server's release.")
    limits: ServerLimits = strawberry.field(description="What it takes at most.")
    formats: list[ImageFormat] = strawberry.field(description="The formats that it takes in.")
    presets: list[Preset] = strawberry.field(description="The thumbnails, then the variants that have a name.")
    only_presets: bool = strawberry.field(description="Whether `variant` gives nothing but presets.")
    storage_backends: list[str] = strawberry.field(description="The stores that keep objects, the primary first.")

    @strawberry.field(description="The models that can say what images show, by name.")
    def models(self, info: Info) -> list[Model]:
        service = info.context.services.classification
        return [Model.from_domain(model, is_default=service.is_default(model)) for model in service.models]

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
            formats=list(settings.formats),
            presets=[_thumbnail(size) for size in ThumbnailSize]
            + [Preset.from_spec(name, spec) for name, spec in settings.presets.items()],
            only_presets=settings.only_presets,
            storage_backends=list(settings.storage),
        )


def _thumbnail(size: ThumbnailSize) -> Preset:
    spec = variant.VariantSpec(size.bound, size.bound, format=variant.VariantFormat.JPEG)
    return Preset.from_spec(size, spec, size.bound)
