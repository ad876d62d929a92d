"""The runner: leases one item, works it off by its recipe, and settles it."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from app.domain.error_code import ErrorCode
from app.domain.errors import (
    Busy,
    DamagedObject,
    DatabaseUnavailable,
    DomainError,
    FetchFailed,
    InsufficientStorage,
    LeaseLost,
    OriginUnavailable,
    StorageUnavailable,
)
from app.domain.job import MAX_ATTEMPTS, PRIORITIES, Claim, ItemError, JobKind, JobStep
from app.domain.plugin import PluginFailed, Vetoed
from app.ports.meter import Meter
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, Recipes, ring_job

LEASE_S = 30.0
RENEW_S = 10.0
MAX_BACKOFF_S = 60.0
STORAGE_WAIT_S = 10.0

MAX_UNANSWERED = 2
"""Attempts at an origin that does not answer. Each may take 8 s, and who waits for the image is told within 20 s."""

EVERY = 8
"""Of so many claims one begins with a kind that is not the most urgent."""

PASSING = (Busy, DamagedObject, InsufficientStorage, FetchFailed, OriginUnavailable)
"""Failures that may be gone at the next attempt; every other expected failure is final at once."""

_NEXT = {
    JobStep.FETCH: JobStep.TRANSFORM,
    JobStep.PLUGIN: JobStep.TRANSFORM,
    JobStep.TRANSFORM: JobStep.PERSIST,
    JobStep.PERSIST: JobStep.DONE,
}
"""What comes after each step; plugins are a step of their own only where there are some, and where they fail."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runner:
    """Does one item after another, of the kinds that it has recipes for; many may run at once, in any number of
    processes."""

    records: Records
    bell: Bell
    recipes: Recipes
    clock: Clock
    meter: Meter
    renew_s: float = RENEW_S
    jitter: Callable[[float, float], float] = field(default=random.uniform)
    claims: Iterator[int] = field(default_factory=count)

    async def run_next(self) -> bool:
        """Work off the item whose turn it is; False when none is due."""
        claim = await self.claim()
        if claim is None:
            return False
        await self.run(claim)
        return True

    async def claim(self) -> Claim | None:
        """Lease the item whose turn it is, to be run at once."""
        kinds = kinds_in_order(self.recipes, next(self.claims))
        return await self.records.jobs.claim(self.clock(), LEASE_S, kinds)

    async def run(self, claim: Claim) -> None:
        """Work off a leased item."""
        try:
            await ring_job(self.bell, claim.job)
            await self._run_under_lease(claim)
        except LeaseLost:
            log.info("lease lost", extra=_context(claim))
        except asyncio.CancelledError:
            await asyncio.shield(self._put_back(claim))
            raise
        finally:
            await ring_job(self.bell, claim.job)

    async def _run_under_lease(self, claim: Claim) -> None:
        work = asyncio.create_task(self._run(claim))
        try:
            while not (await asyncio.wait({work}, timeout=self.renew_s))[0]:
                await self.records.jobs.renew(claim, self.clock(), LEASE_S)
        except BaseException:
            work.cancel()
            await asyncio.wait({work})
            raise
        await work

    async def _run(self, claim: Claim) -> None:
        step = JobStep.FETCH
        claimed_at = begun_at = time.perf_counter()
        try:
            async with aclosing(self.recipes[claim.job.kind](claim)) as steps:
                async for done in steps:
                    self.meter.observe_step(done, time.perf_counter() - begun_at)
                    begun_at = time.perf_counter()
                    step = _NEXT[done]
                    await self.records.jobs.record_step(claim, done, self.clock())
                    await ring_job(self.bell, claim.job)
        except (LeaseLost, DatabaseUnavailable):
            raise  # nothing can be settled without the database: the lease runs out
        except StorageUnavailable:
            await self._wait_for_storage(claim)
        except PASSING as error:
            attempts = MAX_UNANSWERED if isinstance(error, FetchFailed) else MAX_ATTEMPTS
            await self._try_again(claim, step, ItemError.of(error), attempts)
        except DomainError as error:
            log.info("item failed", extra={**_context(claim), "code": error.code})
            at_plugin = isinstance(error, PluginFailed | Vetoed)
            await self._fail(claim, JobStep.PLUGIN if at_plugin else step, ItemError.of(error))
        except Exception:
            log.exception("item met a bug", extra=_context(claim))
            await self._try_again(claim, step, ItemError(ErrorCode.INTERNAL, "The server failed on this image."))
        else:
            await self.records.jobs.complete(claim, self.clock())
            self.meter.observe_item(claim.job.kind, time.perf_counter() - claimed_at)

    async def _fail(self, claim: Claim, step: JobStep, error: ItemError) -> None:
        await self.records.jobs.fail(claim, step, error, self.clock())
        self.meter.count_error(error.code)

    async def _try_again(self, claim: Claim, step: JobStep, error: ItemError, attempts: int = MAX_ATTEMPTS) -> None:
        """Put the item back with full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).

        After so many attempts it fails.
        """
        if claim.item.attempts >= attempts:
            await self._fail(claim, step, error)
            return
        now = self.clock()
        due = now + timedelta(seconds=self.jitter(0, min(MAX_BACKOFF_S, 2.0**claim.item.attempts)))
        await self.records.jobs.put_back(claim, due, error, now)
        self.meter.count_error(error.code)
        self.meter.count_retry()

    async def _wait_for_storage(self, claim: Claim) -> None:
        """Put the item back, the attempt uncounted: it is not the item's fault, and a store may be away for hours."""
        now = self.clock()
        due = now + timedelta(seconds=self.jitter(0.2, 1.0) * STORAGE_WAIT_S)
        await self.records.jobs.put_back(claim, due, None, now)
        self.meter.count_error(ErrorCode.STORAGE_UNAVAILABLE)

    async def _put_back(self, claim: Claim) -> None:
        """Give an unfinished item to the next worker at once, when this one is told to stop."""
        now: datetime = self.clock()
        try:
            await self.records.jobs.put_back(claim, now, None, now)
            await self.bell.ring(WORK_TOPIC)
        except DomainError as error:
            log.warning("lease not released", extra={**_context(claim), "code": error.code})


def kinds_in_order(kinds: Iterable[JobKind], claims: int) -> tuple[JobKind, ...]:
    """Return the kinds as the next claim looks for them: by urgency, but now and then the most urgent one last.

    Args:
        claims: How many there were. Each EVERY-th begins with one of the other kinds, which take turns, so that steady
            uploads slow a backfill down and never stop it.
    """
    first, *others = sorted(kinds, key=PRIORITIES.__getitem__)
    rounds, remainder = divmod(claims + 1, EVERY)
    if remainder or not others:
        return (first, *others)
    place = (rounds - 1) % len(others)
    return (*others[place:], *others[:place], first)


def _context(claim: Claim) -> dict[str, object]:
    return {"job_id": claim.job.id, "position": claim.item.position, "attempt": claim.item.attempts}
