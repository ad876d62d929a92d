"""Every file of a folder, taken in by a real server: each must end ready, or failed with a code, within bounds.

Fails when a job takes over 20 s, when a process of the server grows over 1 GiB, when the server does not answer a small
query within 100 ms (at its 99th percentile: other programs may hold a single one up), or when a file ends otherwise.
"""

import argparse
import asyncio
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.imaging.processes import descendants
from tests.serving import ADMIN_KEY, RunningServer

MAX_JOB_S = 20.0
MAX_PROCESS_BYTES = 1024**3
MAX_WAIT_MS = 100.0
AT_ONCE = 8
EVERY_S = 0.1

START = "mutation ($path: String!) { startJob(input: {local: {path: $path}}) { job { id } userErrors { code } } }"
JOB = "query ($id: ID!) { job(id: $id) { state startedAt finishedAt items { image { state } error { code } } } }"
ENDED = {"COMPLETED", "FAILED"}


@dataclass
class Watch:
    """What was seen: how each file ended and how long it took, waits of queries, and the largest process."""

    ends: dict[str, tuple[str, float]] = field(default_factory=dict)
    waits_ms: list[float] = field(default_factory=list)
    largest_bytes: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/hostile", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if not files:
        print(f"There is no file in {folder}.")
        return 2
    with tempfile.TemporaryDirectory() as place:
        copies = copy_all(files, folder, Path(place) / "files")
        server = RunningServer(
            Path(place) / "data", {"GF_LOCAL_ROOTS": str(Path(place) / "files"), "GF_RATE_LIMITS": "off"}
        )
        server.start()
        try:
            watch = asyncio.run(take_in(server, copies))
        finally:
            server.stop()
    return tell(watch)


def copy_all(files: list[Path], folder: Path, target: Path) -> dict[str, Path]:
    """Copy the files under names of no meaning; return the copies by their names within the folder."""
    target.mkdir()
    copies = {str(path.relative_to(folder)): target / str(number) for number, path in enumerate(files)}
    for name, copy in copies.items():
        shutil.copyfile(folder / name, copy)
    return copies


async def take_in(server: RunningServer, copies: dict[str, Path]) -> Watch:
    watch, places, ended = Watch(), asyncio.Semaphore(AT_ONCE), threading.Event()
    # The server closes what has been idle for 5 s, as this client would: who is first must not be left to chance.
    options = {"base_url": server.url, "timeout": 60, "limits": httpx.Limits(keepalive_expiry=2)}
    process = server.process.pid if server.process else 0
    async with httpx.AsyncClient(headers={"GF-Api-Key": ADMIN_KEY}, **options) as client:
        # In threads, or what the client does itself would be counted as the server's.
        watching = [
            asyncio.create_task(asyncio.to_thread(watch_waits, options, watch, ended)),
            asyncio.create_task(asyncio.to_thread(watch_memory, process, watch, ended)),
        ]

        async def run(name: str, path: Path) -> None:
            async with places:
                watch.ends[name] = await run_job(client, path)

        await asyncio.gather(*(run(name, path) for name, path in copies.items()))
        ended.set()
        await asyncio.gather(*watching)
    return watch


async def run_job(client: httpx.AsyncClient, path: Path) -> tuple[str, float]:
    """Return how a file ended (a code, or the image's state), and how many seconds its job took."""
    started = (await ask(client, START, path=str(path)))["startJob"]
    if started["job"] is None:
        return started["userErrors"][0]["code"], 0.0
    while (job := (await ask(client, JOB, id=started["job"]["id"]))["job"])["state"] not in ENDED:
        await asyncio.sleep(EVERY_S)
    [item] = job["items"]
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("startedAt", "finishedAt"))
    end = item["error"]["code"] if item["error"] else item["image"]["state"]
    return end, (ended - begun).total_seconds()


def watch_waits(options: dict[str, Any], watch: Watch, ended: threading.Event) -> None:
    query = {"query": "{ server { version } }"}
    with httpx.Client(**options) as client:
        while not ended.wait(EVERY_S) or len(watch.waits_ms) < 2:  # of which quantiles can be told
            begun = time.perf_counter()
            client.post("/graphql", json=query).raise_for_status()
            watch.waits_ms.append(1000 * (time.perf_counter() - begun))


def watch_memory(server: int, watch: Watch, ended: threading.Event) -> None:
    """Keep the largest peak of resident memory of the server and all that descends from it (proc(5), VmHWM)."""
    while not ended.wait(EVERY_S) or not watch.largest_bytes:
        watch.largest_bytes = max(watch.largest_bytes, *map(peak_of, {server, *descendants(server)}))


def peak_of(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0  # it has just ended
    found = re.search(r"^VmHWM:\s*([0-9]+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


async def ask(client: httpx.AsyncClient, query: str, **variables: object) -> dict[str, Any]:
    answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    data: dict[str, Any] = answer["data"]
    return data


def tell(watch: Watch) -> int:
    """Print what was seen; return 1 when something of it must not be."""
    counted = Counter(end for end, _ in watch.ends.values())
    slowest = sorted(watch.ends.items(), key=lambda pair: -pair[1][1])[:5]
    waited = statistics.quantiles(watch.waits_ms, n=100)
    print(f"{len(watch.ends)} files: " + ", ".join(f"{count} {end}" for end, count in counted.most_common()))
    print("slowest: " + ", ".join(f"{name} {seconds:.1f} s ({end})" for name, (end, seconds) in slowest))
    print(f"largest process: {watch.largest_bytes / 2**20:.0f} MiB at its peak")
    print(f"a small query: p50 {waited[49]:.0f} ms, p99 {waited[98]:.0f} ms, longest {max(watch.waits_ms):.0f} ms")
    faults = [f"{name} took {seconds:.1f} s" for name, (_, seconds) in watch.ends.items() if seconds > MAX_JOB_S]
    faults += [f"{name} ended {end}" for name, (end, _) in watch.ends.items() if end in ("INTERNAL", "PROCESSING")]
    if watch.largest_bytes > MAX_PROCESS_BYTES:
        faults.append("a process grew over 1 GiB")
    if waited[98] > MAX_WAIT_MS:
        faults.append(f"a small query took {waited[98]:.0f} ms")
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
