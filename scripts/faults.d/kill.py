"""Servers and workers killed with SIGKILL at random moments while images are uploaded.

Fails unless every accepted image ends ready once with its own bytes, in its flow once, and none is stuck over 60 s.
"""

import argparse
import asyncio
import random
import sys
import time

from cluster import ENGINES, Cluster, open_cluster
from ends import Accepted, end_of, flow_faults, report
from uploading import Client, open_http

from app.domain.job import MAX_LOSSES
from tests.pictures import make_picture

FLOW = "faults"
SIZE = (3000, 2250)
MAX_PAUSE_S = 0.8
END_TIMEOUT_S = 240


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/faults kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--engine", choices=ENGINES, help="one of them, not both")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the victims")
    options = parser.parse_args()
    codes = []
    for engine in (options.engine,) if options.engine else ENGINES:
        with open_cluster(engine) as cluster:
            for process in cluster.processes:
                process.start()
            codes.append(asyncio.run(run(cluster, engine, options)))
    return max(codes)


async def run(cluster: Cluster, engine: str, options: argparse.Namespace) -> int:
    chooser = random.Random(options.seed)  # noqa: S311 - chooses moments, hides nothing
    picture = make_picture(size=SIZE)
    pictures = [picture + str(number).encode() for number in range(options.images)]  # other bytes, the same picture
    begun = time.monotonic()
    async with open_http(cluster.server.url) as http:
        client = Client(http)
        uploads: list[asyncio.Task[Accepted]] = []
        for kill in range(options.kills):
            batch = [asyncio.create_task(client.upload(data, FLOW)) for data in pictures[kill :: options.kills]]
            uploads += batch
            await asyncio.wait(batch, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(chooser.uniform(0, MAX_PAUSE_S))
            victim = chooser.choice(cluster.processes)
            await asyncio.to_thread(victim.kill)
            await asyncio.to_thread(victim.start)
        async with asyncio.timeout(END_TIMEOUT_S):
            accepted = await asyncio.gather(*uploads)
            last_accepted = time.monotonic()
            await asyncio.gather(*(client.wait_for_end(image.job_id) for image in accepted))
    settled_s = time.monotonic() - last_accepted
    ends = [end_of(cluster.server, image, flow=FLOW, max_attempts=MAX_LOSSES) for image in accepted]
    faults = [fault for end in ends for fault in end.faults] + flow_faults(cluster.server, FLOW, len(accepted))
    attempts = [end.attempts for end in ends]
    print(
        f"{engine}: {options.kills} kills during {len(accepted)} images in {time.monotonic() - begun:.0f} s; "
        f"{sum(count > 1 for count in attempts)} were begun again, at most {max(attempts)} attempts; "
        f"longest without news {max(end.stuck_s for end in ends):.1f} s; "
        f"all settled {settled_s:.1f} s after the last came"
    )
    return report(faults)


if __name__ == "__main__":
    sys.exit(main())
