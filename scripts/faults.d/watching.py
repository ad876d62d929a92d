"""Listeners of a job's log, over WebSocket and over server-sent events, and some that never read what they asked."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
import websockets

from tests.serving import ADMIN_KEY

QUERY = "subscription ($id: ID!) { jobStatus(jobId: $id) { cursor at step kind item { position } } }"
CONNECT_TIMEOUT_S = 60
SMALL_BUFFER = 4096


@dataclass
class Heard:
    """What one listener was told: the places in the log, and how late it heard of the last event."""

    job_id: str
    cursors: list[str] = field(default_factory=list)
    last_late_s: float = 0.0
    is_over: bool = False

    def note(self, event: dict[str, str]) -> None:
        self.cursors.append(event["cursor"])
        self.last_late_s = (datetime.now(UTC) - datetime.fromisoformat(event["at"])).total_seconds()


async def hear_socket(base: str, heard: Heard, ready: asyncio.Semaphore) -> None:
    """Listen over graphql-transport-ws until the server completes the subscription."""
    address = base.replace("http", "ws") + "/graphql"
    async with websockets.connect(
        address,
        subprotocols=["graphql-transport-ws"],
        proxy=None,
        open_timeout=CONNECT_TIMEOUT_S,
        compression=None,
        ping_interval=None,
    ) as opened:
        for message in subscribing(heard.job_id):
            await opened.send(json.dumps(message))
        assert orjson.loads(await opened.recv())["type"] == "connection_ack"  # noqa: S101
        ready.release()
        async for text in opened:
            message = orjson.loads(text)
            if message["type"] == "complete":
                heard.is_over = True
                return
            heard.note(message["payload"]["data"]["jobStatus"])


async def hear_events(base: str, heard: Heard, ready: asyncio.Semaphore) -> None:
    """Listen over GraphQL's server-sent events until the server says that they are complete."""
    async with aclosing(event_lines(base, heard.job_id)) as lines:
        async for line in lines:
            if not line:
                ready.release()
            elif line == b"event: complete":
                heard.is_over = True
                return
            elif line.startswith(b"data: {"):
                heard.note(orjson.loads(line[6:])["data"]["jobStatus"])


async def event_lines(base: str, job_id: str) -> AsyncGenerator[bytes]:
    """Yield an empty line when the server has begun to answer, then those that say something."""
    place = urlsplit(base)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(streaming(job_id))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0] + b" ", head  # noqa: S101
        yield b""
        while line := await reader.readline():
            if line.strip():
                yield line.strip()
    finally:
        writer.close()


def open_deaf(base: str, job_id: str, *, over_socket: bool) -> socket.socket:
    """Ask for a log, over a socket or as plain server-sent events, and never read a byte of it."""
    place = urlsplit(base)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    deaf.connect((place.hostname, place.port))
    deaf.settimeout(CONNECT_TIMEOUT_S)
    if not over_socket:
        deaf.sendall(f"GET /jobs/{job_id}/events HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        return deaf
    deaf.sendall(
        f"GET /graphql HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
    )
    with suppress(TimeoutError):
        deaf.recv(SMALL_BUFFER)  # the handshake, of which no more is wanted than that it is over
    for message in subscribing(job_id):
        deaf.sendall(frame(json.dumps(message).encode()))
    return deaf


def subscribing(job_id: str) -> list[dict[str, object]]:
    """Return the messages that open a subscription (graphql-transport-ws)."""
    payload = {"query": QUERY, "variables": {"id": job_id}}
    return [
        {"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}},
        {"type": "subscribe", "id": "1", "payload": payload},
    ]


def streaming(job_id: str) -> bytes:
    body = json.dumps({"query": QUERY, "variables": {"id": job_id}}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: faults\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"GF-Api-Key: {ADMIN_KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def frame(text: bytes) -> bytes:
    """Return one masked text frame (RFC 6455, 5.2), the mask being zeros."""
    return b"\x81" + bytes([0xFE]) + len(text).to_bytes(2, "big") + bytes(4) + text
