"""The port to the counters of rates, which all processes share when there is a Redis."""

from collections.abc import Mapping
from typing import Protocol


class RateCounters(Protocol):
    async def add(self, amounts: Mapping[str, int], lifetime_s: int) -> Mapping[str, int] | None:
        """Add to counters, which begin with 0 and are forgotten after a time; return what they are then.

        None when nothing can be counted now: whoever asks is let through.
        """
        ...
