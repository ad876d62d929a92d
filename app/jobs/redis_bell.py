"""The bell among processes: Redis passes on which topics have news.

Who rings never waits for Redis: topics are noted, each once, and sent by a task of its own as soon as Redis takes them.
Every process hears every topic, and wakes those of its own listeners that mind.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.jobs.bell import LocalBell
from app.jobs.rounds import keep_on, running
from app.ports.meter import Meter
from app.ports.work import WORK_TOPIC

CHANNEL = "gf:bell"
RETRY_S = 1.0
MAX_PENDING = 10_000
"""Topics that are remembered while Redis is away; of more, the listeners hear when they look by themselves."""

log = logging.getLogger(__name__)

Call = Callable[[], Awaitable[None]]


class RedisBell:
    """A `Bell` over Redis. What is in `calls` is called when its topic, or the topic of all work, is rung."""

    def __init__(self, client: Redis, calls: Mapping[str, Call], meter: Meter) -> None:
        self._client = client
        self._calls = calls
        self._meter = meter
        self._local = LocalBell()
        self._is_up = True
        self._own_name = secrets.token_hex(8)
        self._pending: set[str] = set()
        self._has_pending = asyncio.Event()

    async def ring(self, topic: str) -> None:
        self._local.wake(topic)
        self._remember({topic})

    def listen(self, topic: str) -> AbstractAsyncContextManager[Callable[[float], Awaitable[None]]]:
        return self._local.listen(topic)

    async def send(self) -> None:
        """Wait until something is rung, and send it."""
        await self._has_pending.wait()
        self._has_pending.clear()
        topics, self._pending = self._pending, set()
        try:
            await self._send(topics)
        except (RedisError, OSError) as error:
            self._note(error)
            self._remember(topics)
            await asyncio.sleep(RETRY_S)
        else:
            self._note(None)

    async def flush(self) -> None:
        """Send what is left, once."""
        try:
            await self._send(self._pending)
        except (RedisError, OSError) as error:
            self._note(error)

    async def hear(self) -> None:
        """Wake the listeners of this process when others ring, for as long as the connection lasts."""
        try:
            async with self._client.pubsub(ignore_subscribe_messages=True) as news:
                await news.subscribe(CHANNEL)
                self._local.ring_all()  # what was rung until now was not heard
                async for message in news.listen():
                    self._pass_on(message["data"].decode())
        except (RedisError, OSError) as error:
            self._note(error)
            await asyncio.sleep(RETRY_S)

    async def _send(self, topics: set[str]) -> None:
        called = set(self._calls) if WORK_TOPIC in topics else topics & set(self._calls)
        for topic in called:
            await self._calls[topic]()
        news = topics - called - {WORK_TOPIC}
        if news:
            await self._client.publish(CHANNEL, "\n".join([self._own_name, *news]))

    def _pass_on(self, text: str) -> None:
        sender, *topics = text.split("\n")
        if sender != self._own_name:
            for topic in topics:
                self._local.wake(topic)

    def _remember(self, topics: set[str]) -> None:
        if len(self._pending) < MAX_PENDING:
            self._pending |= topics
            self._has_pending.set()

    def _note(self, error: Exception | None) -> None:
        """Meter whether Redis is there, and log when that has changed."""
        self._meter.set_redis(is_up=error is None)
        if (error is None) != self._is_up:
            self._is_up = error is None
            log.warning(
                "Redis is away" if error else "Redis is back", extra={"error": type(error).__name__} if error else {}
            )


@asynccontextmanager
async def open_redis_bell(client: Redis, calls: Mapping[str, Call], meter: Meter) -> AsyncGenerator[RedisBell]:
    """Hold a bell that sends and hears until the block is left; then what is pending is sent, if Redis takes it."""
    bell = RedisBell(client, calls, meter)
    async with running(keep_on(bell.send, 0), keep_on(bell.hear, 0)):
        yield bell
    await bell.flush()
