"""Idempotency: a request that is sent again is answered as it was the first time.

As Stripe does it (https://docs.stripe.com/api/idempotent_requests) and the draft for HTTP says it
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from app.domain.idempotency import ANSWER_LIFETIME, make_claim
from app.domain.viewer import UserId
from app.ports.idempotency import IdempotencyRecords, Sealer
from app.ports.work import Clock


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered. It is kept unless nothing was done, and asking again may end otherwise."""

    text: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class IdempotencyService:
    """`lease` is longer than any request runs: after it the process that ran a request is gone."""

    records: IdempotencyRecords
    sealer: Sealer
    clock: Clock
    lease: timedelta

    async def run(self, user_id: UserId, key: str, request: bytes, act: Callable[[], Awaitable[Answer]]) -> str | None:
        """Return what was answered to the key before; None when `act` has been called instead.

        Answers can hold secrets and signed addresses, so they are sealed: the client's key, of which only the hash is
        kept, opens them, together with a signing key, which is not in the database.

        Raises:
            InvalidInput: The key is empty, too long or not printable ASCII.
            KeyReused: The key belongs to another request.
            RequestInProgress: The request is being run by somebody else now.
            Expired: The answer cannot be opened any more.
        """
        now = self.clock()
        claim = make_claim(user_id, key, request, now, self.lease)
        secret = f"{user_id} {key}"
        known = await self.records.begin(claim, now - ANSWER_LIFETIME)
        if known is not None:
            return self.sealer.unseal(known, secret)
        try:
            answer = await act()
        except asyncio.CancelledError:
            raise  # what was done is not known: the claim stays until its lease has run out
        except BaseException:
            await self.records.release(claim)
            raise
        if answer.is_kept:
            await self.records.finish(claim, self.sealer.seal(answer.text, secret))
        else:
            await self.records.release(claim)
        return None
