"""Listeners of one job over WebSockets: messages a CPU second of the server, beside graphql-ws of npm, and their delay.

Both tell each of 1,000 listeners of 20 events a second, in rounds of which each has its turn, each time by a new
process. CPU seconds are those of the server's process, so what else the machine does matters less; delays are of the
clock, from when an event was made until its message is read, on one socket of fifty.
"""

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvloop
from contenders.loading import cpu_clock
from contenders.node_servers import install_node_servers, serve_node

from tests.serving import ADMIN_KEY

CONTENDERS = Path(__file__).parent / "contenders"
QUERY = """subscription { jobStatus(jobId: "JOB") { cursor at step kind job { id progress { total done failed } } } }"""
UPGRADE = (
    "GET /graphql HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
NEXT = b'"type":"next"'
MADE_AT = re.compile(rb'"at":"([^"]+)"')
START_S = 120
WARM_UP_S = 2


@dataclass(slots=True)
class Count:
    """What all listeners of a round have read."""

    messages: int = 0
    subscribed: int = 0
    listening: int = 0
    """Who has read a message."""
    delays: list[float] = field(default_factory=list)


class Listener(asyncio.Protocol):
    """A socket that only counts: the least that a client can do."""

    def __init__(self, count: Count, job_id: str, *, is_watched: bool) -> None:
        self.count = count
        self.is_watched = is_watched
        self.is_listening = False
        self.rest = b""
        payload = {"query": QUERY.replace("JOB", job_id)}
        self.greetings = [
            frame({"type": "connection_init", "payload": {"GF-Api-Key": ADMIN_KEY}}),
            frame({"type": "subscribe", "id": "1", "payload": payload}),
        ]

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.write(UPGRADE.encode())

    def data_received(self, data: bytes) -> None:
        if self.greetings:  # one after the answer to each
            self.transport.write(self.greetings.pop(0))
            self.count.subscribed += not self.greetings
            return
        text = self.rest + data
        found = text.count(NEXT)
        self.count.messages += found
        if found and not self.is_listening:
            self.is_listening = True
            self.count.listening += 1
        if self.is_watched:
            now = datetime.now(UTC)
            self.count.delays += [
                (now - datetime.fromisoformat(at.decode())).total_seconds() for at in MADE_AT.findall(data)
            ]
        self.rest = text[-len(NEXT) + 1 :]


def frame(message: object) -> bytes:
    """Return a text frame of a client (RFC 6455, 5.2), masked by zeros."""
    text = json.dumps(message).encode()
    length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


@dataclass(frozen=True, slots=True)
class Peer:
    """A server, and what lets its events begin."""

    pid: int
    port: int
    job_id: str
    begin: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Result:
    per_cpu_s: float
    per_s: float
    p50_ms: float
    p99_ms: float


async def main() -> None:
    options = parse_options()
    contenders = {"ours": serve_ours, **({"graphql-ws": serve_peer} if install_node_servers(with_sqlite=False) else {})}
    results: dict[str, list[Result]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, serve in contenders.items():
            with serve(options.rate) as peer:
                results[name].append(await listen(peer, options))
    for name, rounds in results.items():
        per_cpu_s = statistics.median(result.per_cpu_s for result in rounds)
        ratio = statistics.median(result.per_cpu_s for result in results["ours"]) / per_cpu_s
        [middle] = sorted(rounds, key=lambda result: result.p99_ms)[len(rounds) // 2 :][:1]
        print(
            f"{name:12} {per_cpu_s:8.0f} messages/CPU s   ours is {ratio:.2f} of it   {middle.per_s:6.0f} messages/s"
            f"   p50 {middle.p50_ms:6.1f} ms   p99 {middle.p99_ms:6.1f} ms"
        )


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench sockets", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of each server in each round")
    parser.add_argument("--listeners", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=20, help="events a second")
    return parser.parse_args()


async def listen(peer: Peer, options: argparse.Namespace) -> Result:
    """Open all sockets, let the events begin, and count for some seconds once everybody has had one."""
    count, loop, transports = Count(), asyncio.get_running_loop(), []
    for number in range(options.listeners):
        listener = Listener(count, peer.job_id, is_watched=number % 50 == 0)
        transports.append((await loop.create_connection(lambda one=listener: one, "127.0.0.1", peer.port))[0])
    async with asyncio.timeout(START_S):
        while count.subscribed < options.listeners:
            await asyncio.sleep(0.1)
        await asyncio.sleep(WARM_UP_S)
        peer.begin()
        while count.listening < options.listeners:
            await asyncio.sleep(0.1)
    await asyncio.sleep(WARM_UP_S)
    clock = cpu_clock(peer.pid)
    count.delays.clear()
    before, worked, began = count.messages, clock(), time.perf_counter()
    await asyncio.sleep(options.seconds)
    messages, cpu_s, elapsed = count.messages - before, clock() - worked, time.perf_counter() - began
    for transport in transports:
        transport.close()
    percentiles = statistics.quantiles(count.delays, n=100)
    return Result(messages / cpu_s, messages / elapsed, percentiles[49] * 1000, percentiles[98] * 1000)


@contextmanager
def serve_ours(rate: float) -> Iterator[Peer]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(CONTENDERS / "job_events.py"), folder, str(rate)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
            try:
                port, job_id = process.stdout.readline().split()
                yield Peer(process.pid, int(port), job_id, partial(process.stdin.write, "\n"))
            finally:
                process.terminate()


@contextmanager
def serve_peer(rate: float) -> Iterator[Peer]:
    with serve_node("graphql_ws.mjs", str(rate)) as server:
        yield Peer(server.pid, server.port, "job:bench", lambda: None)  # its events are never repeated


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
