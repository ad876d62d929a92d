"""How the parts of an installation call each other: inside one process, or by Redis among many."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from redis.asyncio import Redis

from app.jobs.bell import LocalBell
from app.jobs.connection import check_redis, open_redis
from app.jobs.crew import crew_topic
from app.jobs.redis_bell import open_redis_bell
from app.jobs.stream import CallStream
from app.jobs.turns import OwnTurns, RedisTurns, Turns
from app.ports.meter import Meter
from app.ports.work import Bell
from app.settings import Settings

IMAGES = "images"
FETCHES = "fetches"
LABELS = "labels"
CREWS = (IMAGES, FETCHES, LABELS)
"""The crews that there are, each called by a stream of its own."""


@dataclass(frozen=True, slots=True)
class Bus:
    """Attributes:
    streams: By the topics of the crews; none without Redis.
    """

    bell: Bell
    turns: Turns
    streams: Mapping[str, CallStream] = field(default_factory=dict)
    redis: Redis | None = None

    async def check(self) -> None:
        """Return when Redis answers, or is not needed. Raises: ConnectionError."""
        if self.redis is not None:
            await check_redis(self.redis)


@asynccontextmanager
async def open_bus(settings: Settings, meter: Meter) -> AsyncGenerator[Bus]:
    if settings.redis_url is None:
        yield Bus(LocalBell(), OwnTurns())
        return
    url = settings.redis_url.get_secret_value()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_redis(url))
        streams = {crew_topic(name): CallStream(url, name) for name in CREWS}
        for stream in streams.values():
            stack.push_async_callback(stream.shutdown)
        calls = {topic: stream.call for topic, stream in streams.items()}
        bell = await stack.enter_async_context(open_redis_bell(client, calls, meter))
        yield Bus(bell, RedisTurns(client), streams, client)
