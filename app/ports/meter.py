"""The meter port: what operators want to count and time."""

from contextlib import AbstractContextManager
from typing import Protocol

from app.domain.error_code import ErrorCode
from app.domain.image import ThumbnailSize
from app.domain.job import JobKind, JobStep, QueueDepth
from app.domain.rate import OperationClass


class Meter(Protocol):
    """Takes readings; none of it waits, and none of it fails. Times are in seconds."""

    def count_upload(self, stage: str, error: ErrorCode | None) -> None:
        """Count an announcement, a transfer or a completion of an upload that went well, or why it did not."""
        ...

    def observe_item(self, kind: JobKind, seconds: float) -> None:
        """Note how long an image took that was completed, from its claim on."""
        ...

    def observe_step(self, step: JobStep, seconds: float) -> None: ...

    def count_error(self, error: ErrorCode) -> None:
        """Count an attempt at an image that went wrong."""
        ...

    def count_retry(self) -> None:
        """Count an image that was queued again after an error."""
        ...

    def count_expiries(self, count: int) -> None:
        """Count leases that ran out."""
        ...

    def count_delivery(self, kind: str, error: ErrorCode | None) -> None:
        """Count an attempt to deliver what the outbox holds, or why it went wrong."""
        ...

    def observe_imaging(self, operation: str, seconds: float) -> None:
        """Note how long one call of the imaging pool took, the waiting for a process included."""
        ...

    def observe_thumbnail(self, size: ThumbnailSize, byte_size: int) -> None: ...

    def observe_storage(self, operation: str, seconds: float) -> None: ...

    def watching(self, kind: str) -> AbstractContextManager[None]:
        """Count a watcher of a subscription, by its field, or of a plain stream, for as long as the block lasts."""
        ...

    def set_depth(self, depth: QueueDepth) -> None: ...

    def count_rate_limited(self, operation_class: OperationClass) -> None:
        """Count a request that was refused because its caller asks too often."""
        ...

    def count_rate_failure(self) -> None:
        """Count a request that was let through because its rate could not be counted."""
        ...

    def set_store(self, name: str, *, is_up: bool) -> None:
        """Note whether a store of objects answered when it was last asked."""
        ...

    def set_redis(self, *, is_up: bool) -> None:
        """Note whether Redis took what was last sent to it."""
        ...
