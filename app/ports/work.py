"""The ports of background work: the bell, recipes, and the time."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from app.domain.job import (
    Claim,
    JobKind,
    JobStep,
)


class Bell(Protocol):
    """Hints that a topic has news. A hint may be lost, doubled or late: readers look at the records anyway."""

    async def ring(self, topic: str) -> None: ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[Callable[[float], Awaitable[None]]]:
        """Hold a listener; `await wait(timeout_s)` returns after the next ring since the last wait, or in time."""
        ...


WORK_TOPIC = "work"
"""Rung when an item may be due."""


Recipe = Callable[[Claim], AsyncGenerator[JobStep]]
"""How items of one kind are worked off: yields each step when it is done, in the order of `JobStep`. It may be run
again from the start after a crash at any point, so each step is idempotent."""

Recipes = Mapping[JobKind, Recipe]
Clock = Callable[[], datetime]
