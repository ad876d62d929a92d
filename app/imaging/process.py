"""A process of a pool as the server holds it: asked over a socket, killed when it fails."""

import asyncio
import os
import pickle
import signal
import socket
import struct
from contextlib import suppress
from typing import Final

from app.domain.errors import DecoderDied, DecodeTimeout
from app.imaging.messages import Answer

_LENGTH: Final = struct.Struct("!i")
_MAX_ANSWER_BYTES: Final = 64 * 2**20
_START_TIMEOUT_S: Final = 10.0


class PoolProcess:
    """One process, one request at a time. After a request that failed on the way it is dead."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over the server's end of a socket whose other end is the new process's."""
        connection.setblocking(False)
        self._connection = connection
        self._pid = 0
        self.calls = 0

    async def start(self) -> None:
        """Wait until the process is ready.

        Raises:
            EOFError, OSError: It died.
            TimeoutError
        """
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                self._pid = int.from_bytes(await self._read(4), "big")
        except BaseException:
            self.kill()
            raise

    async def ask(self, request: object, timeout_s: float) -> Answer:
        """Have a request answered; whoever gives up waiting kills the process.

        Raises:
            DecodeTimeout: It took too long.
            DecoderDied: The process died over it.
        """
        self.calls += 1
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(pickle.dumps(request))
                return await self._receive()
        except TimeoutError as error:
            self.kill()
            raise DecodeTimeout(f"The image took more than {timeout_s:g} s.") from error
        except (EOFError, OSError) as error:
            self.kill()
            raise DecoderDied("The image made its decoder fail.") from error
        except BaseException:
            self.kill()
            raise

    def is_idle(self) -> bool:
        """Tell whether the process lives and waits: its socket has neither an end nor a word out of turn."""
        return not self._is_closed() and peek(self._connection) is None

    def kill(self) -> None:
        """End the process at once; more than once does nothing."""
        if self._is_closed():
            return
        if self._pid and peek(self._connection) != b"":  # one that has ended may have left its id to another
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._connection.close()

    def _is_closed(self) -> bool:
        return self._connection.fileno() < 0

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._connection, _LENGTH.pack(len(data)) + data)

    async def _receive(self) -> Answer:
        (length,) = _LENGTH.unpack(await self._read(_LENGTH.size))
        if not 0 < length <= _MAX_ANSWER_BYTES:
            raise EOFError("the process answers nonsense")
        answer: Answer = pickle.loads(await self._read(length))  # noqa: S301  # see app.imaging.messages
        return answer

    async def _read(self, length: int) -> bytes:
        loop = asyncio.get_running_loop()
        data = bytearray()
        while len(data) < length:
            part = await loop.sock_recv(self._connection, length - len(data))
            if not part:
                raise EOFError("the process has died")
            data += part
        return bytes(data)


def peek(connection: socket.socket) -> bytes | None:
    """Return what the other side has to say first, without waiting: None for nothing yet, no bytes at its end."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except ConnectionError:
        return b""
