"""The counters of rates, over the storages of `limits`: in memory, or in Redis for all processes."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from limits.aio.storage import RedisStorage, Storage
from limits.errors import StorageError
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.ports.meter import Meter
from app.rates.memory import MemoryCounters

REDIS_TIMEOUT_S = 0.25
"""Of a Redis that answers in a millisecond on a bad day; every request waits for it."""

REST_S = 5.0
"""How long a storage that failed is left alone, so that a dead one costs no request its timeout."""

log = logging.getLogger(__name__)


class StoredCounters:
    """Counts in a storage, and lets everybody through while that fails: a limit is no reason to be down."""

    def __init__(self, storage: Storage, meter: Meter) -> None:
        self.storage = storage
        self._meter = meter
        self._failed_until = 0.0

    async def add(self, amounts: Mapping[str, int], lifetime_s: int) -> Mapping[str, int] | None:
        if time.monotonic() < self._failed_until:
            self._meter.count_rate_failure()
            return None
        try:
            counts = await asyncio.gather(
                *(self.storage.incr(key, lifetime_s, amount) for key, amount in amounts.items())
            )
        except StorageError as error:
            self._failed_until = time.monotonic() + REST_S
            self._meter.count_rate_failure()
            log.warning("rates are not counted", extra={"reason": type(error).__name__})
            return None
        return dict(zip(amounts, counts, strict=True))


@asynccontextmanager
async def open_counters(redis_url: str | None, meter: Meter) -> AsyncGenerator[StoredCounters | MemoryCounters]:
    """Open the counters that all processes share when there is a Redis; else those of this process."""
    if redis_url is None:
        yield MemoryCounters()
        return
    pool = ConnectionPool.from_url(
        redis_url,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        storage = RedisStorage(
            redis_url,
            implementation="redispy",
            key_prefix="gf:rates",
            wrap_exceptions=True,
            connection_pool=pool,  # type: ignore[arg-type] # named in its documentation, not in its signature
        )
        yield StoredCounters(storage, meter)
    finally:
        await pool.disconnect()
