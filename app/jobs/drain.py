"""The drain: delivers what the outbox holds, each kind by its handler, and tries again what failed."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError, LeaseLost, Undeliverable
from app.domain.job import ItemError
from app.domain.outbox import OutboxClaim
from app.jobs.rounds import keep_on, stop
from app.ports.meter import Meter
from app.ports.records import Records
from app.ports.work import OUTBOX_TOPIC, Bell, Clock, OutboxHandler

LEASE_S = 30.0
RENEW_S = 10.0

POLL_S = 1.0
"""How long a delivery may wait when nobody rang: rows that a change writes by itself ring no bell."""

PLACES = 32
"""Deliveries at once. They wait for strangers, so they cost little but a connection."""

PER_LANE = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drain:
    """Delivers entries of the kinds that it has handlers for; many may run at once, in any number of processes."""

    records: Records
    bell: Bell
    handlers: Mapping[str, OutboxHandler]
    clock: Clock
    meter: Meter
    places: int = PLACES
    per_lane: int = PER_LANE
    renew_s: float = RENEW_S
    jitter: Callable[[float, float], float] = field(default=random.uniform)
    lanes: dict[asyncio.Task[None], str] = field(default_factory=dict)
    """The deliveries under way, and whose they are."""

    async def begin_next(self) -> bool:
        """Begin the delivery that is due for the longest time; False when there is none, or no place for it."""
        if len(self.lanes) >= self.places:
            return False
        under_way = list(self.lanes.values())
        busy = {lane for lane in under_way if lane and under_way.count(lane) >= self.per_lane}
        claim = await self.records.outbox.claim(self.clock(), LEASE_S, self.handlers.keys(), busy)
        if claim is None:
            return False
        task = asyncio.create_task(self._deliver(claim))
        self.lanes[task] = claim.entry.lane
        task.add_done_callback(self.lanes.pop)
        return True

    async def _deliver(self, claim: OutboxClaim) -> None:
        try:
            await self._deliver_under_lease(claim)
        except LeaseLost:
            log.info("outbox lease lost", extra=_context(claim))
        except DomainError as error:
            # The records failed, not the receiver: the entry is due again when its lease runs out.
            log.warning("delivery not settled", extra={**_context(claim), "code": error.code})
        except asyncio.CancelledError:
            await asyncio.shield(self._release(claim))
            raise
        except Exception:
            log.exception("drain met a bug", extra=_context(claim))

    async def _deliver_under_lease(self, claim: OutboxClaim) -> None:
        work = asyncio.create_task(self._attempt(claim))
        try:
            while not (await asyncio.wait({work}, timeout=self.renew_s))[0]:
                await self.records.outbox.renew(claim, self.clock(), LEASE_S)
        except BaseException:
            await stop(work)
            raise
        error = work.result()
        if error is None:
            await self.records.outbox.settle(claim)
        else:
            await self._settle_failed(claim, error)
        self.meter.count_delivery(claim.entry.kind, ErrorCode(error.code) if error else None)

    async def _attempt(self, claim: OutboxClaim) -> DomainError | None:
        """Return why the delivery failed; None when it did not."""
        handler = self.handlers[claim.entry.kind]
        if claim.entry.attempts > len(handler.delays_s) + 1:
            return Undeliverable("The processes that tried to deliver this were lost.")
        try:
            await handler.deliver(claim.entry)
        except DomainError as error:
            return error
        except Exception:
            log.exception("delivery met a bug", extra=_context(claim))
            return _Bug("The server failed on this delivery.")
        return None

    async def _settle_failed(self, claim: OutboxClaim, error: DomainError) -> None:
        """Put the entry back with full jitter, or give it up when all attempts were made or none can help."""
        entry, handler, now = claim.entry, self.handlers[claim.entry.kind], self.clock()
        told = ItemError(error.code, error.message)
        if isinstance(error, Undeliverable) or entry.attempts > len(handler.delays_s):
            if handler.give_up is not None:
                await handler.give_up(entry, told)
            await self.records.outbox.bury(claim, told, now)
            log.warning("delivery given up", extra={**_context(claim), "code": error.code})
        else:
            delay_s = self.jitter(0, handler.delays_s[entry.attempts - 1])
            await self.records.outbox.put_back(claim, now + timedelta(seconds=delay_s), told)

    async def _release(self, claim: OutboxClaim) -> None:
        """Let the next process deliver at once, when this one is told to stop."""
        try:
            await self.records.outbox.put_back(claim, self.clock(), None)
        except DomainError as error:
            log.warning("outbox lease not released", extra={**_context(claim), "code": error.code})


class _Bug(DomainError):
    code = ErrorCode.INTERNAL


@asynccontextmanager
async def open_drain(drain: Drain) -> AsyncGenerator[None]:
    """Deliver until the block is left; then what is under way is given back."""
    task = asyncio.create_task(_run(drain))
    try:
        yield
    finally:
        await stop(task)
        await asyncio.gather(*(stop(delivery) for delivery in list(drain.lanes)))


async def _run(drain: Drain) -> None:
    async with drain.bell.listen(OUTBOX_TOPIC) as wait:

        async def begin_or_wait() -> None:
            if not await drain.begin_next():
                await _wait_for_any(wait, drain)

        await keep_on(begin_or_wait, 0)


async def _wait_for_any(wait: Callable[[float], Awaitable[None]], drain: Drain) -> None:
    """Return when the bell rang, the time is over, or a delivery has ended and left its place."""
    rung = asyncio.ensure_future(wait(POLL_S))
    try:
        await asyncio.wait({rung, *drain.lanes}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stop(rung)


def _context(claim: OutboxClaim) -> dict[str, object]:
    return {"kind": claim.entry.kind, "entry_id": claim.entry.id, "attempt": claim.entry.attempts}
