"""The ports of background work: the bell, recipes, and the time."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from app.domain.job import (
    Claim,
    Job,
    JobKind,
    JobStep,
)
from app.domain.viewer import UserId


class Bell(Protocol):
    """Hints that a topic has news. A hint may be lost, doubled or late: readers look at the records anyway."""

    async def ring(self, topic: str) -> None: ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[Callable[[float], Awaitable[None]]]:
        """Hold a listener; `await wait(timeout_s)` returns after the next ring since the last wait, or in time."""
        ...


WORK_TOPIC = "work"
"""Rung when an item may be due."""


def flow_topic(name: str) -> str:
    """Return what is rung when a flow's images changed."""
    return f"flow:{name}"


def jobs_topic(owner_id: UserId) -> str:
    """Return what is rung when one of a user's jobs changed."""
    return f"jobs:{owner_id}"


async def ring_job(bell: Bell, job: Job) -> None:
    """Wake all who watch the job, its owner's jobs, or the flows that its images are in."""
    for topic in (job.id, jobs_topic(job.owner_id), *map(flow_topic, job.flows)):
        await bell.ring(topic)


Recipe = Callable[[Claim], AsyncGenerator[JobStep]]
"""How items of one kind are worked off: yields each step when it is done, in the order of `JobStep`. It may be run
again from the start after a crash at any point, so each step is idempotent."""

Recipes = Mapping[JobKind, Recipe]
Clock = Callable[[], datetime]
