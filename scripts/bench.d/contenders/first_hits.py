"""Variants through HTTP: first hits and stored ones, beside thumbor and sharp behind Node, in interleaved rounds."""

import asyncio
import itertools
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from contenders.photographs import FOLDER, Photograph
from contenders.renderings import HERE, install_sharp

from app.imaging.limits import PoolLimits
from tests.imaging.processes import descendants
from tests.serving import RunningServer

SIDE = 512
CLIENTS = 4
"""Requests under way at once: two for each of two cores."""

BATCH = 20
THUMBOR = "thumbor==7.8.*"
THUMBOR_CONF = f"""LOADER = "thumbor.loaders.file_loader"
FILE_LOADER_ROOT_PATH = {str(FOLDER)!r}
STORAGE = "thumbor.storages.no_storage"
QUALITY = 80
WEBP_QUALITY = 80
AVIF_QUALITY = 60
"""
START_TIMEOUT_S = 30
MAX_RATE = 200
"""More first hits a second are not to be expected."""


@dataclass(frozen=True, slots=True)
class Way:
    """Addresses to be asked for, of the server whose process it is."""

    name: str
    pid: int
    addresses: Iterator[str]


@dataclass
class Measured:
    """Waits in seconds; of each round, requests a second, and a second of CPU of the server's processes."""

    waits: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu_rates: list[float] = field(default_factory=list)
    byte_size: int = 0

    @property
    def cpu_rate(self) -> float:
        """What other load on the machine does not change."""
        return statistics.median(self.cpu_rates)

    def __str__(self) -> str:
        percentiles = statistics.quantiles(self.waits, n=100)
        waits = f"{percentiles[49] * 1000:.0f} ms, {percentiles[98] * 1000:.0f} ms"
        return f"{statistics.median(self.rates):.1f} ({waits}; {self.cpu_rate:.1f}; {self.byte_size / 1000:.0f})"


@dataclass(frozen=True, slots=True)
class SharpServer:
    pid: int
    port: int

    def address(self, photograph: Photograph) -> str:
        format_name = format_of(photograph).lower()
        return f"http://127.0.0.1:{self.port}{quote(str(photograph.path))}?format={format_name}"


@contextmanager
def serve(folder: Path) -> Iterator[RunningServer]:
    server = RunningServer(folder / "data", {"GF_WORKERS": str(len(os.sched_getaffinity(0))), "GF_RATE_LIMITS": "off"})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def serve_sharp() -> Iterator[SharpServer | None]:
    """Hold sharp's server; None where it cannot be had."""
    if not install_sharp():
        yield None
        return
    # As nice as our imaging processes are, so that other load on the machine meets both alike.
    command = ["nice", "-n", str(PoolLimits().nice), "node", str(HERE / "sharp_server.mjs")]
    environment = {**os.environ, "SHARP_HOME": str(FOLDER)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield SharpServer(process.pid, int(process.stdout.readline())) if process.stdout else None
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Thumbor:
    pid: int
    port: int

    def address(self, photograph: Photograph) -> str:
        format_name = format_of(photograph).lower()
        size = f"fit-in/{SIDE}x{SIDE}/filters:no_upscale():format({format_name})"
        return f"http://127.0.0.1:{self.port}/unsafe/{size}/{quote(photograph.path.name)}"


@contextmanager
def serve_thumbor() -> Iterator[Thumbor | None]:
    """Hold a thumbor of a process a core, which keeps no results; None where it cannot be had."""
    home = FOLDER / "thumbor"
    if not install_thumbor(home):
        yield None
        return
    (FOLDER / "thumbor.conf").write_text(THUMBOR_CONF, encoding="ascii")
    port = free_port()
    cores = str(len(os.sched_getaffinity(0)))
    program = [str(home / "bin" / "thumbor"), "-p", str(port), "-c", str(FOLDER / "thumbor.conf"), "--processes", cores]
    command = ["nice", "-n", str(PoolLimits().nice), *program]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield Thumbor(process.pid, port)
        finally:
            process.terminate()


def install_thumbor(home: Path) -> bool:
    """Let pip put thumbor into an environment of its own; say so when that cannot be."""
    if (home / "bin" / "thumbor").exists():
        return True
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", THUMBOR]
    done = subprocess.run(pip, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"thumbor is left out: pip says {done.stderr.strip()[-200:]}")
    return done.returncode == 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Return once somebody listens. Raises: TimeoutError."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("thumbor does not listen")


def offer(server: RunningServer, photograph: Photograph) -> Iterator[str]:
    """Upload a picture and yield addresses of variants that were never asked for.

    A background makes each another one; behind an opaque picture it is neither seen nor any work.
    """
    payload = server.upload(photograph.path.read_bytes(), format_of(photograph))
    server.watch_to_end(payload["job"]["id"])
    image_id, arguments = payload["image"]["id"], f"width: {SIDE}, height: {SIDE}, format: {format_of(photograph)}"
    for first in itertools.count(step=BATCH):
        colors = [f"#{number:06x}" for number in range(first, first + BATCH)]
        fields = [
            f'v{n}: variant({arguments}, options: {{background: "{color}"}}) {{ url }}'
            for n, color in enumerate(colors)
        ]
        image = server.graphql(f'{{ image(id: "{image_id}") {{ {" ".join(fields)} }} }}')["image"]
        yield from (image[f"v{n}"]["url"] for n in range(BATCH))


def format_of(photograph: Photograph) -> str:
    return photograph.name.partition(" ")[0].upper()


def compete(ways: list[Way], rounds: int, seconds: float) -> dict[str, Measured]:
    """Return what was measured of each way: a first turn to get warm, then rounds in which each has its turn."""
    found = {way.name: Measured() for way in ways}
    for turn in range(rounds + 1):
        for way in ways:
            addresses = list(itertools.islice(way.addresses, int(seconds * MAX_RATE)))  # before the clock runs
            cpu = cpu_seconds(way.pid)
            waits, elapsed, byte_size = asyncio.run(load(itertools.cycle(addresses), seconds))
            if turn:
                measured = found[way.name]
                measured.waits += waits
                measured.rates.append(len(waits) / elapsed)
                measured.cpu_rates.append(len(waits) / (cpu_seconds(way.pid) - cpu))
                measured.byte_size = byte_size
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds that a process and all below it have taken."""
    ticks = 0
    for each in {pid, *descendants(pid)}:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def load(addresses: Iterator[str], seconds: float) -> tuple[list[float], float, int]:
    """Return the wait of each request, how long all took together, seconds, and the size of the last answer."""
    waits: list[float] = []
    byte_size = 0
    began = time.perf_counter()

    async def ask() -> None:
        nonlocal byte_size
        connection = None
        while (start := time.perf_counter()) < began + seconds:
            address = urlsplit(next(addresses))
            connection = connection or await asyncio.open_connection(address.hostname, address.port)
            byte_size = await get(*connection, f"{address.path}?{address.query}")
            waits.append(time.perf_counter() - start)
        if connection is not None:
            connection[1].close()

    await asyncio.gather(*(ask() for _ in range(CLIENTS)))
    return waits, time.perf_counter() - began, byte_size


async def get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> int:
    """Return the size of an answer. A client of many features takes longer over it than the server."""
    writer.write(f"GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if " 200 " not in head.partition("\r\n")[0]:
        raise ValueError(head)
    byte_size = int(head.partition("content-length:")[2].partition("\r\n")[0])
    await reader.readexactly(byte_size)
    return byte_size
