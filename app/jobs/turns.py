"""Turns: which process of a cluster goes a round."""

from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError


class Turns(Protocol):
    async def take(self, name: str, hold_s: float) -> bool:
        """Tell whether the caller is the one to go a round now; nobody else is for `hold_s` seconds."""
        ...


class OwnTurns:
    """The turns of a process that is alone."""

    async def take(self, name: str, hold_s: float) -> bool:  # noqa: ARG002 - the port's own signature
        return True


class RedisTurns:
    """The first who sets a key that expires goes the round.

    A process that dies leaves nothing behind, and there is no scheduler to run beside workers, once, and to lose.
    Rounds may be gone by two at once as well: so without Redis everybody does.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def take(self, name: str, hold_s: float) -> bool:
        try:
            return bool(await self._client.set(f"gf:turn:{name}", "taken", nx=True, px=int(hold_s * 1000)))
        except (RedisError, OSError):
            return True
