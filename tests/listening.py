"""A listener of any subscription over graphql-transport-ws, as a test holds it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.serving import ADMIN_KEY, RunningServer

NEWS_TIMEOUT_S = 60


class Ended(Exception):
    """The server completed the subscription, or refused it: `errors` says why."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.codes = [error["extensions"]["code"] for error in errors]


class Listener:
    """One open subscription."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def next(self) -> Any:
        """Return the value of the one field of the next message. Raises: Ended."""
        async with asyncio.timeout(NEWS_TIMEOUT_S):
            message = json.loads(await self.socket.recv())
        if message["type"] != "next":
            raise Ended(message.get("payload", []))
        if "errors" in message["payload"]:
            raise Ended(message["payload"]["errors"])
        [value] = message["payload"]["data"].values()
        return value

    async def take(self, count: int) -> list[Any]:
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def listen(
    server: RunningServer, query: str, *, key: str | None = ADMIN_KEY, **variables: object
) -> AsyncGenerator[Listener]:
    """Open a socket, sign in and subscribe."""
    async with websockets.connect(
        server.url.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"], proxy=None
    ) as socket:
        payload = {"GF-Api-Key": key} if key else {}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        subscribe = {"type": "subscribe", "id": "1", "payload": {"query": query, "variables": variables}}
        await socket.send(json.dumps(subscribe))
        yield Listener(socket)
