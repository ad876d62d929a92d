"""The stream of Redis by which a crew is called: taskiq's broker, made to survive what Redis and workers do."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from taskiq import AckableMessage, TaskiqMessage
from taskiq_redis import RedisStreamBroker

from app.jobs.connection import OPTIONS, TIMEOUT_S

BLOCK_S = 1.0
"""How long Redis holds a reader that finds nothing; less than what a call may take."""

ABANDONED_S = 10.0
"""After how long a message is taken over that its worker neither finished nor renewed."""

RENEW_S = 3.0
RETRY_S = 0.25
MAX_LENGTH = 1_000
"""Messages that a stream keeps. Each is a call and no more: of many that wait, any will do."""

TASK = "call"


class CallStream(RedisStreamBroker):
    """taskiq's own broker takes over a dead worker's messages only when a new one comes, lets a message that takes long
    be taken over, keeps finished ones, and ends with the connection. None of that here; and while Redis is away it
    calls the workers by itself, now and then."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(
            url,
            queue_name=f"gf:{name}",
            consumer_group_name="workers",
            consumer_id="0",
            xread_block=int(BLOCK_S * 1000),
            xread_count=1,
            maxlen=MAX_LENGTH,
            timeout=TIMEOUT_S,
            **OPTIONS,
        )
        self._client: Redis = Redis(connection_pool=self.connection_pool)
        self._held: set[bytes] = set()
        call = TaskiqMessage(task_id=TASK, task_name=TASK, labels={}, args=[], kwargs={})
        self._call = self.formatter.dumps(call)

    async def call(self) -> None:
        """Call one worker. Raises: RedisError, OSError."""
        await self.kick(self._call)

    async def startup(self) -> None:
        with suppress(RedisError, OSError):
            await super().startup()

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        while True:
            try:
                message = await self._next()
            except (RedisError, OSError):
                yield AckableMessage(data=self._call.message, ack=_forget)
                await asyncio.sleep(RETRY_S)
                await self.startup()  # a Redis that was wiped knows no group
            else:
                if message is not None:
                    yield message

    async def renew(self) -> None:
        """Keep what this worker holds from being taken over. Call it each RENEW_S seconds."""
        names = (self.queue_name, self.consumer_group_name, self.consumer_name)
        if self._held:
            with suppress(RedisError, OSError):
                await self._client.xclaim(*names, 0, list(self._held), justid=True)

    async def _next(self) -> AckableMessage | None:
        names = (self.queue_name, self.consumer_group_name, self.consumer_name)
        _, found, *_ = await self._client.xautoclaim(*names, int(ABANDONED_S * 1000), count=1)
        if not found:
            # Its shape depends on the protocol, which its type does not know.
            read: Any = await self._client.xreadgroup(*names[1:], {self.queue_name: ">"}, block=self.block, count=1)
            found = read[0][1] if read else []
        for message_id, fields in found:
            self._held.add(message_id)
            return AckableMessage(data=fields[b"data"], ack=self._acknowledge(message_id))
        return None

    def _acknowledge(self, message_id: bytes) -> Callable[[], Awaitable[None]]:
        async def acknowledge() -> None:
            self._held.discard(message_id)
            with suppress(RedisError, OSError):
                async with self._client.pipeline() as pipeline:
                    pipeline.xack(self.queue_name, self.consumer_group_name, message_id)
                    pipeline.xdel(self.queue_name, message_id)
                    await pipeline.execute()

        return acknowledge


async def _forget() -> None:
    """Acknowledge what Redis knows nothing of."""
