"""Load on servers that takes little of the machine: connections that are kept open, contenders that take turns."""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

Ask = Callable[[str], Awaitable[object]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Contender:
    """What answers.

    Args:
        connect: Opens connections, each of which carries one request at a time; anew for each turn, for a server closes
            those on which nothing is asked.
    """

    connect: Callable[[], Awaitable[list[Ask]]]
    clock: Clock


@dataclass(slots=True)
class Speed:
    """What was measured of a contender: requests a CPU second of each round, and how long answers took, in seconds."""

    per_cpu_s: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.per_cpu_s)

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.waits, n=100)[98] * 1000


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


async def measure(contenders: dict[str, Contender], query: str, rounds: int, seconds: float) -> dict[str, Speed]:
    """Return how each contender did over rounds in which each has its turn."""
    speeds = {name: Speed() for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            # In the first round everything is new to the caches.
            await load(contender, query, seconds, speeds[name] if number else Speed())
    return speeds


async def load(contender: Contender, query: str, seconds: float, speed: Speed) -> None:
    """Let each connection ask again as soon as it has its answer, and note what that took."""
    asks = await contender.connect()
    began, until = contender.clock(), time.perf_counter() + seconds

    async def work(ask: Ask) -> int:
        count = 0
        while (asked := time.perf_counter()) < until:
            await ask(query)
            speed.waits.append(time.perf_counter() - asked)
            count += 1
        return count

    total = sum(await asyncio.gather(*(work(ask) for ask in asks)))
    speed.per_cpu_s.append(total / (contender.clock() - began))
