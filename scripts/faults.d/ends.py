"""How it must end: every image that was accepted is ready once, whole, in its flow once, and none was stuck."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx

from tests.serving import RunningServer

MAX_STUCK_S = 60.0

JOB = """query ($id: ID!) { job(id: $id) { state startedAt
  items { state attempts error { code } image { id state sha256 url flows { edges { node { name } } } } }
  events { at step kind item { position } } } }"""
FLOW = """query ($name: String!, $after: String) { flow(name: $name) { imageCount
  images(first: 100, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } } }"""


@dataclass(frozen=True)
class Accepted:
    """An image that the server said it would take in."""

    job_id: str
    sha256: str


@dataclass(frozen=True)
class End:
    """What became of it.

    Attributes:
        stuck_s: The longest time in which nothing happened to it, from its first claim on.
        faults: What must not be.
    """

    attempts: int
    stuck_s: float
    faults: tuple[str, ...]


def end_of(server: RunningServer, accepted: Accepted, *, flow: str | None, max_attempts: int) -> End:
    """Look at a job of one image that has ended, and at the bytes that are served of it."""
    job = server.graphql(JOB, id=accepted.job_id)["job"]
    [item] = job["items"]
    times = [datetime.fromisoformat(at) for at in (job["startedAt"], *(event["at"] for event in job["events"]))]
    stuck_s = max((later - earlier).total_seconds() for earlier, later in pairwise(times))
    faults = [f"{accepted.job_id}: {fault}" for fault in _faults_of(job, item, accepted, flow)]
    if item["attempts"] > max_attempts:
        faults.append(f"{accepted.job_id}: took {item['attempts']} attempts")
    if stuck_s > MAX_STUCK_S:
        faults.append(f"{accepted.job_id}: nothing happened for {stuck_s:.0f} s")
    return End(item["attempts"], stuck_s, tuple(faults))


def _faults_of(job: dict[str, Any], item: dict[str, Any], accepted: Accepted, flow: str | None) -> list[str]:
    image = item["image"]
    if (job["state"], image and image["state"]) != ("COMPLETED", "READY"):
        return [f"ended {job['state']}, {item['error']}"]
    faults = []
    if image["sha256"] != accepted.sha256:
        faults.append("has another SHA-256")
    if hashlib.sha256(httpx.get(image["url"], timeout=30).content).hexdigest() != accepted.sha256:
        faults.append("is served with other bytes")
    if flow is not None and [edge["node"]["name"] for edge in image["flows"]["edges"]] != [flow]:
        faults.append("is not in its flow alone")
    ends = [event for event in job["events"] if event["step"] == "DONE"]
    if len(ends) != 1:
        faults.append(f"ended {len(ends)} times")
    return faults


def flow_faults(server: RunningServer, flow: str, expected: int) -> list[str]:
    """Return what is wrong with a flow that must hold so many images, each once."""
    ids: list[str] = []
    after = None
    while True:
        found = server.graphql(FLOW, name=flow, after=after)["flow"]
        ids += [edge["node"]["id"] for edge in found["images"]["edges"]]
        after = found["images"]["pageInfo"]["endCursor"]
        if not found["images"]["pageInfo"]["hasNextPage"]:
            break
    doubles = [image_id for image_id, count in Counter(ids).items() if count > 1]
    faults = [f"the flow has {image_id} more than once" for image_id in doubles]
    if {len(ids), found["imageCount"]} != {expected}:
        faults.append(f"the flow lists {len(ids)} images and counts {found['imageCount']}; {expected} were accepted")
    return faults


def report(faults: list[str]) -> int:
    """Print what must not be, and return the exit code."""
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0
