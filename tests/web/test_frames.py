"""Texts that are written to a WebSocket as they are: between those that are sent, compressed or not, of any length."""

import asyncio
from typing import Any

import pytest
import uvicorn
import websockets
from starlette.types import Receive, Scope, Send

from app.web.frames import FrameProtocol, write_text_of

LENGTHS = (0, 1, 125, 126, 127, 2**16 - 1, 2**16, 200_000)


async def send_and_write(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a text and write the next, by turns; then close, and tell what is written behind that."""
    await receive()
    await send({"type": "websocket.accept"})
    write = write_text_of(scope)
    assert write is not None
    for length in LENGTHS:
        await send({"type": "websocket.send", "text": "sent" * 50})
        while not write(b"w" * length):
            await asyncio.sleep(0.01)
    await send({"type": "websocket.send", "text": "last"})
    await send({"type": "websocket.close"})
    scope["app_state"]["behind the end"] = write(b"too late")


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_texts_come_whole_and_in_order(compression: str | None) -> None:
    seen: dict[str, Any] = {}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await send_and_write({**scope, "app_state": seen}, receive, send)

    server = uvicorn.Server(uvicorn.Config(application, port=0, ws=FrameProtocol, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with websockets.connect(f"ws://127.0.0.1:{port}/", compression=compression) as socket:
        received = [message async for message in socket]
    server.should_exit = True
    await serving

    expected = [text for length in LENGTHS for text in ("sent" * 50, "w" * length)]
    assert received == [*expected, "last"]
    assert seen == {"behind the end": False}
