"""Which stores are away: what the last calls to them told, until a while has passed."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from app.domain.errors import StorageUnavailable
from app.ports.meter import Meter
from app.ports.objects import BlobStore

AWAY_S = 10.0
"""How long a store that did not answer is passed over, unless it is heard of before."""

PATIENCE_S = 3.0
"""How long a store is waited for while another one may answer, too."""

PROBE_S = 2.0
PROBE_KEY = "probe"


class Health:
    """What is known of stores in this process."""

    def __init__(self, names: Iterable[str], meter: Meter, clock: Callable[[], float] = time.monotonic) -> None:
        self._away_until = dict.fromkeys(names, 0.0)
        self._meter = meter
        self._clock = clock
        for name in self._away_until:
            meter.set_store(name, is_up=True)

    def is_away(self, name: str) -> bool:
        return self._clock() < self._away_until[name]

    def note(self, name: str, *, is_up: bool) -> None:
        """Note whether a store answered."""
        if is_up and not self._away_until[name]:
            return
        self._away_until[name] = 0.0 if is_up else self._clock() + AWAY_S
        self._meter.set_store(name, is_up=is_up)

    def in_order(self) -> list[str]:
        """Return the names of the stores, those that are away last."""
        return sorted(self._away_until, key=self.is_away)


async def probe_stores(stores: Mapping[str, BlobStore], health: Health) -> None:
    """Ask each store for something that is never there: it costs little, and tells whether it answers."""
    answers = await asyncio.gather(*(answers_in_time(store) for store in stores.values()))
    for name, is_up in zip(stores, answers, strict=True):
        health.note(name, is_up=is_up)


async def answers_in_time(store: BlobStore) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await store.find(PROBE_KEY)
    except (StorageUnavailable, TimeoutError):
        return False
    return True
