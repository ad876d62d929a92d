"""An origin that tests fetch from: a real HTTP server on loopback that may drip, lie, stop early and lead astray."""

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import SSLContext

Writer = asyncio.StreamWriter
Answer = Callable[[Writer], Awaitable[None]]


@dataclass
class Origin:
    """Answers by path; keeps the head of each request, and how many were under way at once."""

    pages: dict[str, Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    port: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            path = head.split()[1].partition("?")[0]
            await self.pages.get(path, _missing)(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side went away, or the test is over
        finally:
            self.at_once -= 1
            writer.close()


@contextmanager
def open_origin(pages: dict[str, Answer] | None = None, *, tls: SSLContext | None = None) -> Iterator[Origin]:
    """Serve the pages on a free port of loopback, in a thread of their own."""
    origin, ready = Origin(dict(pages or {})), threading.Event()
    stops: list[Callable[[], None]] = []

    async def run() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(origin.serve, "127.0.0.1", 0, ssl=tls)
        origin.port = server.sockets[0].getsockname()[1]
        stops.append(lambda: loop.call_soon_threadsafe(ended.set))
        ready.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield origin
    finally:
        stops[0]()
        thread.join(10)


def whole(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    """Answer as one should."""

    async def answer(writer: Writer) -> None:
        writer.write(_head(status, f"Content-Length: {len(body)}", *headers) + body)

    return answer


def redirect(location: str, status: str = "302 Found") -> Answer:
    return whole(b"", f"Location: {location}", status=status)


def zipped(body: bytes) -> Answer:
    """Send a body compressed although nobody asked for that."""
    return whole(gzip.compress(body), "Content-Encoding: gzip")


def short(body: bytes, announced: int) -> Answer:
    """Announce more bytes than come."""

    async def answer(writer: Writer) -> None:
        writer.write(_head("200 OK", f"Content-Length: {announced}") + body)

    return answer


def cut_chunks(body: bytes) -> Answer:
    """Stop in the middle of a chunked body."""

    async def answer(writer: Writer) -> None:
        writer.write(_head("200 OK", "Transfer-Encoding: chunked") + f"{len(body):x}\r\n".encode() + body + b"\r\n")

    return answer


def until_closed(body: bytes) -> Answer:
    """Send a body without saying how long it is."""

    async def answer(writer: Writer) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + body)

    return answer


def drip(every_s: float = 0.1) -> Answer:
    """Send a byte now and then, for ever."""

    async def answer(writer: Writer) -> None:
        writer.write(_head("200 OK", "Content-Length: 100000"))
        await _send_for_ever(writer, b"x", every_s)

    return answer


def drip_head(every_s: float = 0.1) -> Answer:
    """Never come to the end of the head."""

    async def answer(writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await _send_for_ever(writer, b"X-More: of this\r\n", every_s)

    return answer


def endless() -> Answer:
    """Send as fast as it is taken, for ever."""

    async def answer(writer: Writer) -> None:
        writer.write(_head("200 OK", "Transfer-Encoding: chunked"))
        await _send_for_ever(writer, b"10000\r\n" + b"x" * 0x10000 + b"\r\n", 0)

    return answer


def later(answer: Answer, after_s: float) -> Answer:
    async def answer_later(writer: Writer) -> None:
        await asyncio.sleep(after_s)
        await answer(writer)

    return answer_later


def raw(data: bytes) -> Answer:
    """Send what need not be HTTP."""

    async def answer(writer: Writer) -> None:
        writer.write(data)

    return answer


async def silence(writer: Writer) -> None:
    """Say nothing until the other side goes away, or half a minute is over."""
    for _ in range(300):
        if writer.transport.is_closing():
            return
        await asyncio.sleep(0.1)


async def _missing(writer: Writer) -> None:
    await whole(b"There is nothing.", status="404 Not Found")(writer)


async def _send_for_ever(writer: Writer, data: bytes, every_s: float) -> None:
    while not writer.transport.is_closing():
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(every_s)


def _head(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode()
