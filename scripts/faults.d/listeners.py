"""Hundreds of listeners on two servers, half over WebSocket and half over server-sent events, and 50 that never read.

Fails unless each hears every event of its job once, in order, the last within 2 s of its happening, and each server
grows by less than 100 MB.
"""

import argparse
import asyncio
import statistics
import sys
import time

from cluster import Cluster, open_cluster
from ends import report
from watching import Heard, hear_events, hear_socket, open_deaf

from tests.long_log import make_long_log, resident_bytes
from tests.pictures import make_picture

MAX_LATE_S = 2.0
MAX_GROWTH = 100 * 1024**2
END_TIMEOUT_S = 240

START = "mutation ($path: String!) { startJob(input: {local: {path: $path}}) { job { id } } }"
LOG = "query ($id: ID!, $after: String) { job(id: $id) { state events(after: $after) { cursor } } }"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/faults listeners", description=__doc__)
    parser.add_argument("--listeners", type=int, default=1000, help="that read; half of them over WebSocket")
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--images", type=int, default=5, help="of each job")
    parser.add_argument("--deaf", type=int, default=50, help="listeners that never read, of a long log")
    options = parser.parse_args()
    with open_cluster("redis", servers=2) as cluster:
        return asyncio.run(run(cluster, options))


async def run(cluster: Cluster, options: argparse.Namespace) -> int:
    long_job = await make_long_log(cluster.server.data_dir)
    for server in cluster.servers:
        server.start()
    jobs = [start_job(cluster, number, options.images) for number in range(options.jobs)]
    before = sizes_of(cluster)
    deaf = [
        open_deaf(cluster.servers[number % 2].url, long_job, over_socket=number % 4 < 2)
        for number in range(options.deaf)
    ]
    heard = [Heard(jobs[number % len(jobs)]) for number in range(options.listeners)]
    listening = await listen(cluster, heard)
    for worker in cluster.workers:
        await asyncio.to_thread(worker.start)
    begun = time.monotonic()
    largest = before
    ended = asyncio.gather(*listening, return_exceptions=True)
    while not ended.done() and time.monotonic() - begun < END_TIMEOUT_S:
        await asyncio.wait({ended}, timeout=0.5)
        largest = [max(pair) for pair in zip(largest, sizes_of(cluster), strict=True)]
    ended.cancel()
    await asyncio.wait(listening)
    growth = [now - then for now, then in zip(largest, before, strict=True)]
    faults = judge(cluster, heard, growth)
    tell(heard, growth, time.monotonic() - begun, len(deaf))
    for silent in deaf:
        silent.close()
    return report(faults)


def start_job(cluster: Cluster, number: int, images: int) -> str:
    folder = cluster.folder / "pictures" / str(number)
    folder.mkdir()
    for image in range(images):
        (folder / f"{image}.jpg").write_bytes(make_picture(seed=1000 * number + image))
    job_id: str = cluster.server.graphql(START, path=str(folder))["startJob"]["job"]["id"]
    return job_id


async def listen(cluster: Cluster, heard: list[Heard]) -> list[asyncio.Task[None]]:
    """Open a listener for each, on both servers in turn, and return when all have been let in."""
    ready = asyncio.Semaphore(0)
    tasks = []
    for number, one in enumerate(heard):
        hear = hear_socket if number % 4 < 2 else hear_events
        tasks.append(asyncio.create_task(hear(cluster.servers[number % 2].url, one, ready)))
        if number % 50 == 49:
            await asyncio.sleep(0.5)  # hundreds at the same moment are another fault
    async with asyncio.timeout(END_TIMEOUT_S):
        for _ in heard:
            await ready.acquire()
    return tasks


def judge(cluster: Cluster, heard: list[Heard], growth: list[int]) -> list[str]:
    logs = {one.job_id: log_of(cluster, one.job_id) for one in heard}
    faults = [
        f"a listener of {one.job_id} heard {len(one.cursors)} events of {len(logs[one.job_id])}"
        for one in heard
        if one.cursors != logs[one.job_id]
    ]
    faults += [f"a listener of {one.job_id} was not told of the end" for one in heard if not one.is_over]
    faults += [
        f"a listener heard of the last event after {one.last_late_s:.1f} s"
        for one in heard
        if one.last_late_s > MAX_LATE_S
    ]
    faults += [f"a server grew by {bytes_ / 2**20:.0f} MiB" for bytes_ in growth if bytes_ > MAX_GROWTH]
    return faults


def log_of(cluster: Cluster, job_id: str) -> list[str]:
    job = cluster.server.graphql(LOG, id=job_id)["job"]
    assert job["state"] == "COMPLETED", job["state"]  # noqa: S101
    return [event["cursor"] for event in job["events"]]


def sizes_of(cluster: Cluster) -> list[int]:
    return [resident_bytes(server.process.pid) for server in cluster.servers if server.process]


def tell(heard: list[Heard], growth: list[int], took_s: float, deaf: int) -> None:
    late = sorted(one.last_late_s for one in heard)
    print(
        f"{len(heard)} listeners on {len({one.job_id for one in heard})} jobs heard "
        f"{sum(len(one.cursors) for one in heard)} events in {took_s:.0f} s; "
        f"the last after {statistics.median(late) * 1000:.0f} ms in the median, "
        f"{late[-1] * 1000:.0f} ms at most; with {deaf} that never read the servers grew by "
        + " and ".join(f"{bytes_ / 2**20:.0f} MiB" for bytes_ in growth)
    )


if __name__ == "__main__":
    sys.exit(main())
