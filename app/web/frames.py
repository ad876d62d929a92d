"""Text frames of WebSockets that are written as they are: what is told to many is encoded once, and no task is woken.

ASGI has a message sent by a coroutine of each socket, which takes longer than the writing. So the protocol offers an
extension of ASGI by which an application may write a text at once when nothing is in the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

WRITE_TEXT = "gf.write_text"
"""The extension: `write(text: bytes) -> bool` tells whether the text was written; if not, it is to be sent as usual."""

WriteText = Callable[[bytes], bool]


def write_text_of(scope: Any) -> WriteText | None:
    """Return what writes a text at once, if the server can."""
    return (scope.get("extensions") or {}).get(WRITE_TEXT)


class FrameProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's protocol, with the extension."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = {WRITE_TEXT: self.write_text}
            (self.scope.get("extensions") or {}).update(extensions)

    def write_text(self, text: bytes) -> bool:
        is_open = self.handshake_complete and not self.close_sent and not self.disconnected
        if not is_open or not self.writable.is_set() or self.conn.state is not OPEN or self.transport.is_closing():
            return False
        self.transport.write(text_frame(text))
        return True


def text_frame(text: bytes) -> bytes:
    """Return an unmasked frame with a whole text (RFC 6455, 5.2).

    Where messages are compressed, one may come as it is (RFC 7692, 6): what was compressed before is not touched by it.
    """
    length = len(text)
    if length < 126:
        return b"\x81" + bytes((length,)) + text
    if length < 2**16:
        return b"\x81\x7e" + length.to_bytes(2, "big") + text
    return b"\x81\x7f" + length.to_bytes(8, "big") + text
