"""What is cut off when a sign-in ends: open sockets, and streams of events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Message, Send
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from schema.context import Context

FORBIDDEN = 4403
"""Of the protocol graphql-transport-ws."""


class EndingSocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """The library's handler, which closes its socket when the sign-in of the one who opened it has ended."""

    ending: asyncio.Task[None] | None = None

    async def handle_connection_init(self, message: Any) -> None:
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self.ending is None and self.context.viewer.can_end:
            self.ending = asyncio.create_task(self._close_at_end())

    async def handle_task_exception(self, error: Exception) -> None:
        """Log a bug. That the client went away while it was told something is none."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def shutdown(self) -> None:
        if self.ending is not None:
            self.ending.cancel()
            await asyncio.gather(self.ending, return_exceptions=True)
        await super().shutdown()

    async def _close_at_end(self) -> None:
        await self.context.services.sign_in.wait_for_end(self.context.viewer)
        for operation_id in tuple(self.operations):
            await self.cleanup_operation(operation_id)
        await self.websocket.close(code=FORBIDDEN, reason="The sign-in has ended.")


def telling_of_the_gone(send: Send) -> Send:
    """Return a socket's `send` that tells of a client which answered no ping as of any other that is gone.

    uvicorn closes the socket of such a client by itself, and calls it a bug when more is sent then.
    """

    async def send_or_tell(message: Message) -> None:
        try:
            await send(message)
        except RuntimeError as error:
            if message["type"] != "websocket.send":
                raise
            raise ConnectionAbortedError from error

    return send_or_tell


class EndingStream(StreamingResponse):
    """A stream that breaks off between two events when the sign-in of its reader has ended.

    Args:
        wait_for_end: Returns then.
    """

    def __init__(
        self, chunks: AsyncIterator[str], headers: Mapping[str, str], wait_for_end: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(chunks, headers=headers)
        self.wait_for_end = wait_for_end

    async def stream_response(self, send: Send) -> None:
        has_ended = False

        async def cut() -> None:
            nonlocal has_ended
            await self.wait_for_end()
            has_ended = True
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(cut)
            await super().stream_response(send)
            group.cancel_scope.cancel()
        if has_ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
