"""The ports of background work: the bell, recipes, handlers of the outbox, and the time."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.job import (
    Claim,
    ItemError,
    Job,
    JobKind,
    JobStep,
)
from app.domain.outbox import OutboxEntry
from app.domain.viewer import UserId


class Bell(Protocol):
    """Hints that a topic has news. A hint may be lost, doubled or late: readers look at the records anyway."""

    async def ring(self, topic: str) -> None: ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[Callable[[float], Awaitable[None]]]:
        """Hold a listener; `await wait(timeout_s)` returns after the next ring since the last wait, or in time."""
        ...


WORK_TOPIC = "work"
"""Rung when an item may be due."""

OUTBOX_TOPIC = "outbox"
"""Rung when something in the outbox may be due."""


def flow_topic(name: str) -> str:
    """Return what is rung when a flow's images changed."""
    return f"flow:{name}"


def jobs_topic(owner_id: UserId) -> str:
    """Return what is rung when one of a user's jobs changed."""
    return f"jobs:{owner_id}"


def key_topic(key_id: str) -> str:
    """Return what is rung when an API key was revoked."""
    return f"key:{key_id}"


async def ring_job(bell: Bell, job: Job) -> None:
    """Wake all who watch the job, its owner's jobs, or the flows that its images are in."""
    for topic in (job.id, jobs_topic(job.owner_id), *map(flow_topic, job.flows)):
        await bell.ring(topic)


Recipe = Callable[[Claim], AsyncGenerator[JobStep]]
"""How items of one kind are worked off: yields each step when it is done, in the order of `JobStep`. It may be run
again from the start after a crash at any point, so each step is idempotent."""

Recipes = Mapping[JobKind, Recipe]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class OutboxHandler:
    """How entries of one kind are delivered.

    Attributes:
        deliver: May be run again for the same entry after a crash at any point. Raises Undeliverable when trying again
            is useless; after any other failure it is tried again.
        delays_s: How long to wait at most after each failed attempt, the first one first; when they are used up, the
            entry is given up.
        give_up: Told of an entry that is given up, and why, before it is buried; may be told twice.
    """

    deliver: Callable[[OutboxEntry], Awaitable[None]]
    delays_s: tuple[float, ...]
    give_up: Callable[[OutboxEntry, ItemError], Awaitable[None]] | None = None
