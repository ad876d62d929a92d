"""Quotas: how much a user may keep."""

from dataclasses import dataclass

from app.domain.errors import QuotaExceeded


@dataclass(frozen=True, slots=True)
class Quota:
    """What a user may have at most; None for no end. Bytes are those of originals."""

    max_bytes: int | None = None
    max_images: int | None = None
    max_pending: int | None = None


UNLIMITED = Quota()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user has, and what is announced and may still come: uploads that are pending, and their bytes."""

    images: int = 0
    byte_size: int = 0
    pending: int = 0
    pending_bytes: int = 0

    def check_image(self, quota: Quota, byte_size: int) -> None:
        """Let pass when an image of so many bytes fits in beside what is pending. Raises: QuotaExceeded."""
        images, total = self.images + self.pending, self.byte_size + self.pending_bytes
        if quota.max_images is not None and images >= quota.max_images:
            raise QuotaExceeded(f"You have {images} images, uploads included; {quota.max_images} are allowed.")
        if quota.max_bytes is not None and total + byte_size > quota.max_bytes:
            raise QuotaExceeded(
                f"You have {total} bytes, uploads included; {byte_size} more are over the {quota.max_bytes} allowed.",
                field=("byteSize",),
            )

    def check_upload(self, quota: Quota, byte_size: int) -> None:
        """Let pass when one more upload of so many bytes may be pending. Raises: QuotaExceeded."""
        if quota.max_pending is not None and self.pending >= quota.max_pending:
            raise QuotaExceeded(f"You have {self.pending} pending uploads; {quota.max_pending} are allowed.")
        self.check_image(quota, byte_size)
