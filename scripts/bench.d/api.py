"""Requests that one CPU second of the GraphQL endpoint answers: one field, and a list of 50 images with 10 fields.

The peers, in interleaved rounds of the same run: the same schema executed without HTTP, a bare Starlette route, and
with --beside another checkout's server on the same data. CPU seconds are those of the contender's process and its
threads, so what else the machine does matters less; without /proc they are seconds of the clock.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uvloop

from app.container.bundle import Services
from app.container.opening import open_services
from app.domain.viewer import ANONYMOUS
from app.settings import Settings
from schema.build import build_schema
from schema.context import Context
from tests.records.record_factories import make_flow, make_image
from tests.serving import RunningServer

FIELDS = "id title state format width height byteSize sha256 createdAt mimeType"
QUERIES = {
    "one field": "{ __typename }",
    "list 50 x 10": f"{{ images(first: 50) {{ edges {{ node {{ {FIELDS} }} }} }} }}",
}
BARE = Path(__file__).parent / "contenders" / "bare.py"

Ask = Callable[[str], Awaitable[object]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Contender:
    """What answers: over each of its connections one request at a time."""

    asks: list[Ask]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[str]
    port: int


class Connection:
    """One connection that is kept open: the least that a client can do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, query: str) -> bytes:
        body = json.dumps({"query": query}).encode()
        head = "POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
        self.writer.write(head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return await self.reader.readexactly(length)


async def main() -> None:
    options = parse_options()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", workers=1, rate_limits=False, _env_file=None)
        async with open_services(settings, run_jobs=False) as services:
            await fill(services)
            os.sched_setaffinity(0, cores[:1])
            servers = start_servers(settings.data_dir, options.beside)
            try:
                os.sched_setaffinity(0, cores[-1:])
                contenders = {
                    name: Contender(await connect(server.port, options.connections), cpu_clock(server.process.pid))
                    for name, server in servers.items()
                }
                contenders["schema alone"] = Contender([execute_alone(services, settings)], time.process_time)
                for title, query in QUERIES.items():
                    print_speeds(title, await measure(contenders, query, options.rounds, options.seconds))
            finally:
                for server in servers.values():
                    server.process.terminate()
                    server.process.wait()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each contender in each round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--beside", type=Path, help="another checkout, whose server is measured, too")
    return parser.parse_args()


async def fill(services: Services) -> None:
    """Keep 60 public images."""
    await services.records.flows.add(make_flow("bench"))
    for _ in range(60):
        await services.records.images.add(make_image(), ["bench"])


def start_servers(data_dir: Path, beside: Path | None) -> dict[str, Server]:
    """Start every contender that is a server."""
    servers: dict[str, Server] = {}
    for name, checkout in {"endpoint": Path.cwd(), "beside": beside}.items():
        if checkout:
            rates = {"GF_RATE_READ": str(10**9)}  # counted, and never used up
            running = RunningServer(data_dir, {"GF_WORKERS": "1", **rates}, checkout=checkout)
            running.start()
            servers[name] = Server(running.process, int(running.url.rpartition(":")[2]))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    servers["bare route"] = Server(subprocess.Popen([sys.executable, str(BARE), str(port)], text=True), port)
    return servers


async def connect(port: int, count: int) -> list[Ask]:
    """Return `count` open connections, once the server is there."""
    for _ in range(100):
        try:
            return [Connection(*await asyncio.open_connection("127.0.0.1", port)).ask for _ in range(count)]
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
    raise TimeoutError(f"Nobody answers on port {port}.")


def cpu_clock(pid: int) -> Clock:
    """Return what tells the CPU seconds of a process (proc_pid_stat(5): fields 14 and 15)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return time.perf_counter
    ticks = os.sysconf("SC_CLK_TCK")
    return lambda: sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) / ticks


def execute_alone(services: Services, settings: Settings) -> Ask:
    """Return what executes the schema in this process."""
    schema = build_schema()

    async def ask(query: str) -> None:
        context = Context(services, settings, "http://bench", "bench", ANONYMOUS)
        result = await schema.execute(query, context_value=context)
        if result.errors:
            raise result.errors[0]

    return ask


async def measure(contenders: dict[str, Contender], query: str, rounds: int, seconds: float) -> dict[str, float]:
    """Return the requests a CPU second of each contender: medians over rounds in which each has its turn."""
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            speed = await load(contender, query, seconds)
            # In the first round everything is new to the caches.
            speeds[name] += [speed] if number else []
    return {name: statistics.median(values) for name, values in speeds.items()}


async def load(contender: Contender, query: str, seconds: float) -> float:
    """Return requests a CPU second, each connection asking again as soon as it has its answer."""
    began, until = contender.clock(), time.perf_counter() + seconds

    async def work(ask: Ask) -> int:
        count = 0
        while time.perf_counter() < until:
            await ask(query)
            count += 1
        return count

    total = sum(await asyncio.gather(*(work(ask) for ask in contender.asks)))
    return total / (contender.clock() - began)


def print_speeds(title: str, speeds: dict[str, float]) -> None:
    print(title)
    for name, speed in speeds.items():
        print(
            f"  {name:14} {speed:8.0f} requests/CPU s   endpoint is {speeds['endpoint'] / speed:.2f} of it", flush=True
        )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
