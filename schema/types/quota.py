"""What users have, and may have."""

from __future__ import annotations

import strawberry

from app.domain import quota as domain
from schema.scalars import BigInt


@strawberry.type(description="What a user has, and has announced.")
class Usage:
    images: int = strawberry.field(description="Images that are kept.")
    byte_size: BigInt = strawberry.field(description="Of their originals, in bytes.")
    pending_uploads: int = strawberry.field(description="Uploads that are announced and may still come.")
    pending_bytes: BigInt = strawberry.field(description="Of those, in bytes, as far as is known.")

    @classmethod
    def from_domain(cls, usage: domain.Usage) -> Usage:
        return cls(
            images=usage.images,
            byte_size=BigInt(usage.byte_size),
            pending_uploads=usage.pending,
            pending_bytes=BigInt(usage.pending_bytes),
        )


@strawberry.type(description="What a user may have at most, pending uploads included; null for no end.")
class Quota:
    images: int | None = strawberry.field(description="Images.")
    byte_size: BigInt | None = strawberry.field(description="Of their originals, in bytes.")
    pending_uploads: int | None = strawberry.field(description="Uploads that are announced at once.")

    @classmethod
    def from_domain(cls, quota: domain.Quota) -> Quota:
        return cls(
            images=quota.max_images,
            byte_size=None if quota.max_bytes is None else BigInt(quota.max_bytes),
            pending_uploads=quota.max_pending,
        )
