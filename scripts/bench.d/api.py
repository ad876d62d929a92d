"""What the GraphQL endpoint does in a CPU second: one field, a list of 50 images with 10 fields, one image, uploads.

The peers, in interleaved rounds of the same run: graphql-yoga with better-sqlite3 on the same file, our server with the
library's own executor and its caches, the same schema executed without HTTP, a bare Starlette route, and with --beside
another checkout's server. CPU seconds are those of the contender's process and its threads, so what else the machine
does matters less; without /proc they are seconds of the clock. Waits are of the clock, and do not leave that out.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvloop
from contenders.loading import Ask, Contender, Speed, connect, cpu_clock, measure
from contenders.node_servers import install_node_servers, serve_node
from contenders.uploading import measure_uploads

from app.container.bundle import Services
from app.container.opening import open_services
from app.data_dir import DataDir
from app.domain.viewer import ANONYMOUS
from app.settings import Settings
from schema.build import build_schema
from schema.context import Context
from tests.records.record_factories import make_flow, make_image
from tests.serving import RunningServer

FIELDS = "id title state format width height byteSize sha256 createdAt mimeType"
CONTENDERS = Path(__file__).parent / "contenders"


async def main() -> None:
    options = parse_options()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = Settings(data_dir=Path(folder) / "data", workers=1, rate_limits=False, _env_file=None)
        async with open_services(settings, run_jobs=False) as services:
            queries = await fill(services)
            os.sched_setaffinity(0, cores[:1])
            ports = start_servers(settings.data_dir, options.beside, stack)
            os.sched_setaffinity(0, cores[-1:])
            contenders = {
                name: Contender(partial(connect, port, options.connections), cpu_clock(pid))
                for name, (pid, port) in ports.items()
            }
            contenders["schema alone"] = Contender(partial(execute_alone, services, settings), time.process_time)
            for title, query in queries.items():
                print_speeds(title, await measure(contenders, query, options.rounds, options.seconds))
            pid, port = ports["endpoint"]
            await measure_uploads(f"http://127.0.0.1:{port}", cpu_clock(pid), options.uploads)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each contender in each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--beside", type=Path, help="another checkout, whose server is measured, too")
    return parser.parse_args()


async def fill(services: Services) -> dict[str, str]:
    """Keep 60 public images; return what is asked of them."""
    await services.records.flows.add(make_flow("bench"))
    images = [await services.records.images.add(make_image(), ["bench"]) for _ in range(60)]
    return {
        "one field": "{ __typename }",
        "list 50 x 10": f"{{ images(first: 50) {{ edges {{ node {{ {FIELDS} }} }} }} }}",
        "single image": f'{{ image(id: "{images[30].id}") {{ {FIELDS} }} }}',
    }


def start_servers(data_dir: Path, beside: Path | None, stack: ExitStack) -> dict[str, tuple[int, int]]:
    """Start every contender that is a server, to be ended with the stack; return process and port of each."""
    places: dict[str, tuple[int, int]] = {}
    # Rates are counted, and never used up; uploads come faster than one process makes thumbnails.
    settings = {"GF_WORKERS": "1", "GF_RATE_READ": str(10**9), "GF_MAX_WAITING_JOBS_OF_USER": "0"}
    stock = (str(CONTENDERS / "stock.py"),)
    ours = {"endpoint": {}, "caches alone": {"program": stock}, "beside": {"checkout": beside}}
    for name, how in ours.items():
        if name != "beside" or beside:
            running = RunningServer(data_dir, settings, log=data_dir.parent / "log", **how)
            running.start()
            stack.callback(running.stop)
            places[name] = running.process.pid, int(running.url.rpartition(":")[2])
    if install_node_servers(with_sqlite=True):
        yoga = stack.enter_context(serve_node("yoga.mjs", str(DataDir(data_dir).database)))
        places["graphql-yoga"] = yoga.pid, yoga.port
    places["bare route"] = start_bare_route(stack)
    return places


def start_bare_route(stack: ExitStack) -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = stack.enter_context(subprocess.Popen([sys.executable, str(CONTENDERS / "bare.py"), str(port)]))
    stack.callback(process.terminate)
    return process.pid, port


async def execute_alone(services: Services, settings: Settings) -> list[Ask]:
    """Return what executes the schema in this process."""
    schema = build_schema()

    async def ask(query: str) -> None:
        context = Context(services, settings, "http://bench", "bench", ANONYMOUS)
        result = await schema.execute(query, context_value=context)
        if result.errors:
            raise result.errors[0]

    return [ask]


def print_speeds(title: str, speeds: dict[str, Speed]) -> None:
    ours = speeds["endpoint"].median
    print(title)
    for name, speed in speeds.items():
        print(
            f"  {name:14} {speed.median:8.0f} requests/CPU s   endpoint is {ours / speed.median:.2f} of it"
            f"   p99 {speed.p99_ms:6.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
