"""The connection to Redis, which may go away and come back: nothing that is the truth lies there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

TIMEOUT_S = 2.0
"""How long a call to Redis may take, and a connection to it."""

OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": TIMEOUT_S,
    "socket_timeout": TIMEOUT_S,
    "socket_keepalive": True,
    "protocol": 2,
    "retry": Retry(NoBackoff(), 0),  # those who call try again by themselves, later
}


@asynccontextmanager
async def open_redis(url: str) -> AsyncGenerator[Redis]:
    """Hold a client, which connects when it is first used."""
    async with Redis.from_url(url, **OPTIONS) as client:
        yield client


async def check_redis(client: Redis) -> None:
    """Return when Redis answers. Raises: ConnectionError."""
    try:
        await client.ping()
    except RedisError as error:
        raise ConnectionError(f"Redis does not answer ({type(error).__name__}).") from error
