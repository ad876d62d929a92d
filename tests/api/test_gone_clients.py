"""Clients that are gone: told as such, whatever the server calls it."""

import pytest
from starlette.types import Message, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from schema.endings import telling_of_the_gone

SCOPE: Scope = {"type": "websocket"}


async def closed(message: Message) -> None:
    raise RuntimeError(f"Unexpected ASGI message {message['type']!r}, after sending 'websocket.close'.")


async def nothing() -> Message:
    return {"type": "websocket.connect"}


def make_socket() -> WebSocket:
    """Return an open socket, which uvicorn has closed because nobody answered its ping."""
    socket = WebSocket(SCOPE, nothing, telling_of_the_gone(closed))
    socket.client_state = socket.application_state = WebSocketState.CONNECTED
    return socket


async def test_who_answers_no_ping_is_gone_when_something_is_sent() -> None:
    with pytest.raises(WebSocketDisconnect):
        await make_socket().send_text("news")


async def test_what_is_wrong_with_other_messages_stays_a_bug() -> None:
    with pytest.raises(RuntimeError, match="Unexpected ASGI message"):
        await make_socket().close()
