"""Rates: counts what each caller asks for, and refuses what is over the limit of a minute."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.domain.errors import RateLimited
from app.domain.rate import USER_SHARE, WINDOW_S, Caller, OperationClass, Rate
from app.ports.meter import Meter
from app.ports.rates import RateCounters
from app.ports.work import Clock


@dataclass(frozen=True, slots=True)
class RateService:
    """`limits` are points a minute, of a key or an address; an empty mapping counts nothing."""

    counters: RateCounters
    clock: Clock
    meter: Meter
    limits: Mapping[OperationClass, int] = field(default_factory=dict)

    async def take(self, caller: Caller, points: Mapping[OperationClass, int]) -> Rate | None:
        """Count a request and return where its caller stands; None when nothing is counted.

        Args:
            points: How many the request takes of each class.

        Raises:
            RateLimited: The minute is used up, and `retry_after_s` later another one begins.
        """
        if not self.limits:
            return None
        second = int(self.clock().timestamp())
        window = second // WINDOW_S
        reset_at = datetime.fromtimestamp((window + 1) * WINDOW_S, UTC)
        asked = {
            f"{window}:{operation_class}:{name}": (operation_class, self.limits[operation_class] * share, amount)
            for operation_class, amount in points.items()
            for name, share in _counted_as(caller)
        }
        counts = await self.counters.add({key: amount for key, (_, _, amount) in asked.items()}, 2 * WINDOW_S)
        if counts is None:
            return None
        rates = []
        for key, (operation_class, limit, amount) in asked.items():
            if counts[key] > limit:
                self.meter.count_rate_limited(operation_class)
                raise _refusal(operation_class, limit, math.ceil(reset_at.timestamp() - second))
            rates.append(Rate(limit, limit - counts[key], reset_at, amount))
        return min(rates, key=lambda rate: rate.remaining / rate.limit, default=None)


def _counted_as(caller: Caller) -> Iterator[tuple[str, int]]:
    """Yield the names that a caller is counted under, and how many times the limit each of them has."""
    if caller.user_id is None:
        yield f"address:{caller.address}", 1
        return
    yield f"user:{caller.user_id}", USER_SHARE
    if caller.key_id is not None:
        yield f"key:{caller.key_id}", 1


def _refusal(operation_class: OperationClass, limit: int, retry_after_s: int) -> RateLimited:
    return RateLimited(
        f"That was more than {limit} points of {operation_class} in this minute; go on in {retry_after_s} s.",
        retry_after_s=retry_after_s,
    )
