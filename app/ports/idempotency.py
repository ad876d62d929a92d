"""The records of requests that are done once, and what seals their answers."""

from datetime import datetime
from typing import Protocol

from app.domain.idempotency import Claim


class IdempotencyRecords(Protocol):
    """What was answered to the keys of each user. Keys of different users have nothing to do with each other."""

    async def begin(self, claim: Claim, forget_before: datetime) -> str | None:
        """Return the answer that is kept under the key; None when the claim holds now, and the request is to be run.

        A key that was first used before `forget_before` is free again; so is one whose run took longer than its lease,
        for the same request.

        Raises:
            KeyReused: The key belongs to another request; nothing changed.
            RequestInProgress: The request is being run; nothing changed.
        """
        ...

    async def finish(self, claim: Claim, answer: str) -> None:
        """Keep the answer; nothing when the claim was lost."""
        ...

    async def release(self, claim: Claim) -> None:
        """Make the key free again, as if it had not been used; nothing when the claim was lost."""
        ...

    async def delete_before(self, at: datetime) -> int:
        """Forget what was first asked before then; return how many."""
        ...


class Sealer(Protocol):
    """Closes text so that only who knows the secret, on a server that has the signing keys, can read it."""

    def seal(self, text: str, secret: str) -> str: ...

    def unseal(self, sealed: str, secret: str) -> str:
        """Raises: Expired, when the key that sealed it is gone."""
        ...
