"""The whole way through a real server: images a second, and how long a query waits while every process is busy.

The peer of the pipeline is the same rendering by itself, in as many processes, with nothing around it: the ratio says
what records, objects and the log cost. The peer of the busy query is the same query on the idle server.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from contenders.photographs import PHOTOGRAPHS, make_photographs

from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.pool import open_pool
from tests.serving import ADMIN_KEY, RunningServer

QUERY = {"query": "{ server { version } }"}
START = "mutation ($local: LocalJobInput!) { startJob(input: {local: $local}) { job { id } userErrors { message } } }"
STATE = "query ($id: ID!) { job(id: $id) { state progress { done } } }"
EVERY_S = 0.02
ENDED = {"COMPLETED", "FAILED", "FAILED_PARTIAL", "CANCELLED"}


async def main() -> None:
    options = parse_options()
    with tempfile.TemporaryDirectory() as folder:
        pictures = copy_photograph(options.picture, Path(folder) / "pictures", options.images)
        alone = await render_alone(pictures, options.workers)
        server = RunningServer(
            Path(folder) / "data", {"GF_LOCAL_ROOTS": str(pictures[0].parent), "GF_WORKERS": str(options.workers)}
        )
        server.start()
        try:
            idle = await measure_waits(server, asyncio.create_task(asyncio.sleep(options.seconds)))
            began = time.perf_counter()
            busy = await measure_waits(server, asyncio.create_task(import_all(server, pictures[0].parent)))
            elapsed = time.perf_counter() - began
        finally:
            server.stop()
    through = len(pictures) / elapsed
    print(f"{len(pictures)} times {options.picture}, {options.workers} processes")
    print(f"rendering alone      {alone:7.1f} images/s")
    print(f"through the server   {through:7.1f} images/s   {through / alone:.2f} of it")
    print_waits("query, server idle", idle)
    print_waits("query, server busy", busy)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench server", description=__doc__)
    parser.add_argument("--images", type=int, default=200, help="how many are imported")
    parser.add_argument(
        "--picture", default="JPEG 12 MP", choices=[photograph.name for photograph in PHOTOGRAPHS], help="which one"
    )
    parser.add_argument("--workers", type=int, default=2, help="imaging processes")
    parser.add_argument("--seconds", type=float, default=5, help="how long the idle server is asked")
    return parser.parse_args()


def copy_photograph(name: str, folder: Path, count: int) -> list[Path]:
    """Write so many copies of a photograph."""
    make_photographs(print)
    data = next(photograph.path for photograph in PHOTOGRAPHS if photograph.name == name).read_bytes()
    folder.mkdir()
    paths = [folder / f"{number:05}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(data)
    return paths


async def render_alone(pictures: list[Path], workers: int) -> float:
    """Return images a second of the imaging pool with nothing around it."""
    waiting = iter(pictures)
    async with open_pool(ImageLimits(), PoolLimits(processes=workers)) as pool:

        async def work() -> None:
            for path in waiting:
                await pool.render(path)

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(workers)))
        return len(pictures) / (time.perf_counter() - began)


async def import_all(server: RunningServer, folder: Path) -> None:
    async with httpx.AsyncClient(headers={"GF-Api-Key": ADMIN_KEY}, timeout=60) as client:

        async def ask(query: str, **variables: object) -> dict:
            answer = await client.post(f"{server.url}/graphql", json={"query": query, "variables": variables})
            return answer.json()["data"]

        job_id = (await ask(START, local={"path": str(folder)}))["startJob"]["job"]["id"]
        while (await ask(STATE, id=job_id))["job"]["state"] not in ENDED:
            await asyncio.sleep(0.1)


async def measure_waits(server: RunningServer, meanwhile: asyncio.Task[None]) -> list[float]:
    """Return how long each of many queries took, in milliseconds, until the task has ended."""
    waits: list[float] = []
    async with httpx.AsyncClient(timeout=60) as client:
        while not meanwhile.done():
            began = time.perf_counter()
            answer = await client.post(f"{server.url}/graphql", json=QUERY)
            waits.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            await asyncio.sleep(EVERY_S)
    await meanwhile
    return waits


def print_waits(name: str, waits: list[float]) -> None:
    percentiles = statistics.quantiles(waits, n=100)
    print(f"{name:20} p50 {percentiles[49]:6.1f} ms   p99 {percentiles[98]:6.1f} ms   of {len(waits)}")


if __name__ == "__main__":
    asyncio.run(main())
