"""What moves in an image."""

from __future__ import annotations

import strawberry

from app.domain import animation as domain
from app.domain import image
from app.domain.variant import VariantSpec
from schema.context import Info
from schema.measure import LIST_SIZE
from schema.types.variant import Variant, make_variant

PREVIEW_BOUND = image.ThumbnailSize.MEDIUM.bound


@strawberry.type(description="What moves in an image of several frames.")
class Animation:
    record: strawberry.Private[image.Image]
    preview: strawberry.Private[tuple[int, ...]]
    frame_count: int = strawberry.field(description="How many frames it has.")
    duration_ms: int = strawberry.field(
        description="Milliseconds of one time through, as the file says; players show very short frames for longer."
    )
    loop_count: int = strawberry.field(description="How often it plays; 0 is for ever.")

    @classmethod
    def from_domain(cls, record: image.Image, animation: domain.Animation) -> Animation:
        return cls(
            record=record,
            preview=animation.preview_frames,
            frame_count=animation.frame_count,
            duration_ms=animation.duration_ms,
            loop_count=animation.loop_count,
        )

    @strawberry.field(
        description=f"At most {domain.MAX_PREVIEW_FRAMES} frames as stills, spread evenly, the first among them; "
        f"{PREVIEW_BOUND} px at most for the longer side.",
        metadata={LIST_SIZE: domain.MAX_PREVIEW_FRAMES},
    )
    async def preview_frames(self, info: Info) -> list[Variant]:
        specs = [VariantSpec(width=PREVIEW_BOUND, height=PREVIEW_BOUND, frame=frame) for frame in self.preview]
        return [await make_variant(info, self.record, spec) for spec in specs]
