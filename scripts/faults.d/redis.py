"""Redis killed and wiped while images are queued, and started again a while later.

Fails unless every image is ready once within 90 s of Redis's return.
"""

import argparse
import shutil
import sys
import time

from cluster import Cluster, open_cluster
from ends import report

from tests.pictures import make_picture
from tests.serving import RunningServer

SIZE = (2400, 1800)
MAX_S = 90.0

START = "mutation ($path: String!) { startJob(input: {local: {path: $path}}) { job { id } } }"
STATE = "query ($id: ID!) { job(id: $id) { state progress { total done failed } } }"
ENDS = """query ($id: ID!) { job(id: $id) { items { state attempts image { state } } }
  images(filter: {state: [READY, PROCESSING, FAILED]}) { totalCount } }"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/faults redis", description=__doc__)
    parser.add_argument("--images", type=int, default=100, help="how many are queued")
    parser.add_argument("--away", type=float, default=3, help="seconds without Redis")
    options = parser.parse_args()
    with open_cluster("redis") as cluster:
        return run(cluster, options.images, options.away)


def run(cluster: Cluster, count: int, away_s: float) -> int:
    folder = cluster.folder / "pictures"
    (folder / "0.jpg").write_bytes(make_picture(size=SIZE))
    for number in range(1, count):
        shutil.copyfile(folder / "0.jpg", folder / f"{number}.jpg")
    redis, server = cluster.redis, cluster.server
    assert redis is not None  # noqa: S101 - the cluster is one with Redis
    for process in cluster.processes:
        process.start()
    job_id = server.graphql(START, path=str(folder))["startJob"]["job"]["id"]
    redis.kill()
    before = done_of(server, job_id)
    time.sleep(away_s)
    redis.start()
    back_at = time.monotonic()
    left = count - done_of(server, job_id)
    while done_of(server, job_id) < count and time.monotonic() - back_at < 2 * MAX_S:
        time.sleep(0.1)
    took_s = time.monotonic() - back_at
    print(
        f"{count - before} images queued when Redis was killed and wiped; "
        f"{count - left - before} were done without it, and all {took_s:.1f} s after its return"
    )
    found = server.graphql(ENDS, id=job_id)
    items = found["job"]["items"]
    faults = [f"item {number} ended {item['state']}" for number, item in enumerate(items) if not is_ready(item)]
    faults += [
        f"item {number} took {item['attempts']} attempts" for number, item in enumerate(items) if item["attempts"] > 1
    ]
    if found["images"]["totalCount"] != count:
        faults.append(f"there are {found['images']['totalCount']} images")
    if took_s > MAX_S:
        faults.append(f"it took {took_s:.0f} s")
    return report(faults)


def done_of(server: RunningServer, job_id: str) -> int:
    done: int = server.graphql(STATE, id=job_id)["job"]["progress"]["done"]
    return done


def is_ready(item: dict) -> bool:
    return item["state"] == "COMPLETED" and item["image"]["state"] == "READY"


if __name__ == "__main__":
    sys.exit(main())
