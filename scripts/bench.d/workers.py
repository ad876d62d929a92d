"""Images a second of one worker, of two, and of the embedded engine with as many processes as two workers have.

Each imports the same photographs, one after the other in rounds, so that what else the machine does falls on all alike.
A worker has one imaging process and is held to a core of its own, as on a machine of one core; the embedded engine has
as many cores as two workers.
Fails unless two workers do 1.7 times the work of one, and the embedded engine 0.9 of that of two, in the medians.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from contenders.photographs import PHOTOGRAPHS, make_photographs

from tests.serving import RunningServer

sys.path.append(str(Path(__file__).parent.parent / "faults.d"))
from cluster import open_cluster

CORES = os.sched_getaffinity(0)
MIN_OF_TWO = 1.7
MIN_EMBEDDED = 0.9

START = "mutation ($path: String!) { startJob(input: {local: {path: $path}}) { job { id } } }"
JOB = "query ($id: ID!) { job(id: $id) { state startedAt finishedAt progress { done } } }"
ENDED = {"COMPLETED", "FAILED", "FAILED_PARTIAL", "CANCELLED"}
SETUPS = {"one worker": ("redis", 1, 1), "two workers": ("redis", 2, 1), "embedded": ("embedded", 0, 2)}
"""The engine, how many workers, and how many imaging processes each of them has."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench workers", description=__doc__)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--picture", default="JPEG 12 MP", choices=[photograph.name for photograph in PHOTOGRAPHS], help="which one"
    )
    options = parser.parse_args()
    make_photographs(print)
    picture = next(photograph.path for photograph in PHOTOGRAPHS if photograph.name == options.picture)
    rates: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for name, (engine, workers, processes) in SETUPS.items():
            rates[name].append(measure(engine, workers, processes, picture, options.images))
    return tell(rates, options)


def measure(engine: str, workers: int, processes: int, picture: Path, count: int) -> float:
    """Return images a second from when the first is begun to when the last is ready."""
    with open_cluster(engine, workers=workers, GF_WORKERS=str(processes)) as cluster:
        for server in cluster.servers:
            server.start()
        for core, worker in zip(sorted(CORES), cluster.workers, strict=False):
            os.sched_setaffinity(0, {core})  # which the worker inherits
            worker.start()
            os.sched_setaffinity(0, CORES)
        folder = cluster.folder / "pictures"
        for number in range(count):
            shutil.copyfile(picture, folder / f"{number}.jpg")
        return count / import_all(cluster.server, folder, count)


def import_all(server: RunningServer, folder: Path, count: int) -> float:
    job_id = server.graphql(START, path=str(folder))["startJob"]["job"]["id"]
    while (job := server.graphql(JOB, id=job_id)["job"])["state"] not in ENDED:
        time.sleep(0.2)
    if job["progress"]["done"] != count:
        raise AssertionError(f"{job['progress']['done']} of {count} images are ready")
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("startedAt", "finishedAt"))
    return (ended - begun).total_seconds()


def tell(rates: dict[str, list[float]], options: argparse.Namespace) -> int:
    """Print the medians, and return 1 when one is too low."""
    print(f"{options.images} times {options.picture}, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
    for name, found in rates.items():
        print(f"{name:12} {statistics.median(found):6.1f} images/s   {' '.join(f'{rate:.1f}' for rate in found)}")
    ratios = {
        "two workers, of one": (ratio(rates["two workers"], rates["one worker"]), MIN_OF_TWO),
        "embedded, of two workers": (ratio(rates["embedded"], rates["two workers"]), MIN_EMBEDDED),
    }
    for name, (found, least) in ratios.items():
        print(f"{name:24} {found:.2f}" + (f"   FAULT: less than {least}" if found < least else ""))
    return int(any(found < least for found, least in ratios.values()))


def ratio(these: list[float], those: list[float]) -> float:
    """Return the median of the ratios of each round."""
    return statistics.median(this / that for this, that in zip(these, those, strict=True))


if __name__ == "__main__":
    sys.exit(main())
