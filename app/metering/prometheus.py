"""The meter of Prometheus: a registry of its own for each application, nothing global."""

from contextlib import AbstractContextManager
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, Summary

from app.domain.error_code import ErrorCode
from app.domain.image import ThumbnailSize
from app.domain.job import JobKind, JobStep, QueueDepth
from app.domain.rate import OperationClass

WORK_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)
"""Seconds; a picture may be decoded for 20."""

STORAGE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)

SUCCESS = "OK"


class PrometheusMeter:
    """Names follow https://prometheus.io/docs/practices/naming/."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._uploads = Counter(
            "gf_uploads", "Uploads by stage, and OK or why they were refused.", ["stage", "code"], registry=registry
        )
        self._thumbnails = Summary("gf_thumbnail_bytes", "Thumbnails made, and bytes.", ["size"], registry=registry)
        self._deliveries = Counter(
            "gf_outbox_deliveries", "Attempts at deliveries, OK or why not.", ["kind", "code"], registry=registry
        )
        self._errors = Counter("gf_item_errors", "Attempts that went wrong.", ["code"], registry=registry)
        self._retries = Counter("gf_item_retries", "Images queued again after an error.", registry=registry)
        self._expiries = Counter("gf_lease_expiries", "Leases that ran out with their worker.", registry=registry)
        self._rate_limited = Counter(
            "gf_rate_limited", "Requests refused because their caller asks too often.", ["class"], registry=registry
        )
        self._rate_failures = Counter(
            "gf_rate_failures", "Requests let through because their rate could not be counted.", registry=registry
        )
        self._stores = Gauge("gf_store_up", "Whether a store answered last.", ["store"], registry=registry)
        self._depth = Gauge("gf_items", "Images in the queue, and in work.", ["state"], registry=registry)
        self._redis = Gauge("gf_redis_up", "Whether Redis took what was last sent to it.", registry=registry)
        self._watchers = Gauge("gf_watchers", "Open subscriptions and streams.", ["kind"], registry=registry)
        seconds = partial(Histogram, registry=registry, buckets=WORK_BUCKETS)
        self._items = seconds("gf_item_seconds", "From claim to completion of an image.", ["kind"])
        self._steps = seconds("gf_step_seconds", "Of one step of an image.", ["step"])
        self._imaging = seconds(
            "gf_imaging_seconds", "Of the imaging pool: `render` decodes and makes thumbnails.", ["operation"]
        )
        self._storage = seconds(
            "gf_storage_seconds",
            "Of one operation of the store; of a read, up to its first bytes.",
            ["operation"],
            buckets=STORAGE_BUCKETS,
        )

    def count_upload(self, stage: str, error: ErrorCode | None) -> None:
        self._uploads.labels(stage, error or SUCCESS).inc()

    def observe_item(self, kind: JobKind, seconds: float) -> None:
        self._items.labels(kind).observe(seconds)

    def observe_step(self, step: JobStep, seconds: float) -> None:
        self._steps.labels(step).observe(seconds)

    def count_error(self, error: ErrorCode) -> None:
        self._errors.labels(error).inc()

    def count_retry(self) -> None:
        self._retries.inc()

    def count_expiries(self, count: int) -> None:
        self._expiries.inc(count)

    def count_delivery(self, kind: str, error: ErrorCode | None) -> None:
        self._deliveries.labels(kind, error or SUCCESS).inc()

    def observe_imaging(self, operation: str, seconds: float) -> None:
        self._imaging.labels(operation).observe(seconds)

    def observe_thumbnail(self, size: ThumbnailSize, byte_size: int) -> None:
        self._thumbnails.labels(size).observe(byte_size)

    def observe_storage(self, operation: str, seconds: float) -> None:
        self._storage.labels(operation).observe(seconds)

    def watching(self, kind: str) -> AbstractContextManager[None]:
        return self._watchers.labels(kind).track_inprogress()

    def set_depth(self, depth: QueueDepth) -> None:
        self._depth.labels("queued").set(depth.queued)
        self._depth.labels("running").set(depth.running)

    def count_rate_limited(self, operation_class: OperationClass) -> None:
        self._rate_limited.labels(operation_class).inc()

    def count_rate_failure(self) -> None:
        self._rate_failures.inc()

    def set_store(self, name: str, *, is_up: bool) -> None:
        self._stores.labels(name).set(is_up)

    def set_redis(self, *, is_up: bool) -> None:
        self._redis.set(is_up)
