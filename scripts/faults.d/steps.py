"""The process that works killed right after each named step of each kind of job, before and after the step is logged.

Fails unless every job ends well after two attempts more at most, with what it promises there once.
"""

import argparse
import contextlib
import hashlib
import sys
import time
from itertools import pairwise
from pathlib import Path

import httpx
from cluster import ENGINES, Cluster, open_cluster
from ends import Accepted, end_of, report

from app.domain.job import JobStep
from tests.origins import Origin, open_origin, whole
from tests.pictures import make_picture
from tests.serving import UPLOAD_COMPLETE

FLOW = "steps"
TAKING_IN = ("UPLOADED", "EXTERNAL", "LOCAL")
KINDS = (*TAKING_IN, "TRANSFORM", "CLASSIFY", "EDIT")
STEPS = (JobStep.FETCH, JobStep.TRANSFORM, JobStep.PERSIST, JobStep.DONE)
MOMENTS = ("done", "recorded")
MAX_ATTEMPTS = 3
END_TIMEOUT_S = 90
DYING = str(Path(__file__).with_name("dying.py"))

START = "mutation ($input: StartJobInput!) { startJob(input: $input) { job { id } userErrors { code message } } }"
CLASSIFY = "mutation ($id: ID!) { classify(input: {imageIds: [$id]}) { userErrors { code message } } }"
EDIT = """mutation ($id: ID!) { editImage(input: {id: $id, startOver: true, operations: [{grayscale: {}}]})
  { userErrors { code message } } }"""
NEWEST = "query ($kind: [JobKind!]) { jobs(first: 1, filter: {kind: $kind}) { edges { node { id state } } } }"
IMAGE = "query ($id: ID!) { job(id: $id) { items { image { id } } } }"
ENDED = {"COMPLETED", "FAILED", "FAILED_PARTIAL", "CANCELLED"}

Case = tuple[str, JobStep, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/faults steps", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, help="one of them, not both")
    parser.add_argument("--kind", choices=KINDS, help="one of them, not all")
    parser.add_argument("--step", choices=STEPS, help="one of them, not all")
    options = parser.parse_args()
    kinds = (options.kind,) if options.kind else KINDS
    steps = (JobStep(options.step),) if options.step else STEPS
    cases = [(kind, step, moment) for kind in kinds for step in steps for moment in MOMENTS]
    codes = []
    for engine in (options.engine,) if options.engine else ENGINES:
        with (
            open_origin() as origin,
            open_cluster(engine, workers=1, GF_FETCH_ALLOW_CIDRS="127.0.0.1/32") as cluster,
        ):
            codes.append(Trial(cluster, origin).run(engine, cases))
    return max(codes)


class Trial:
    def __init__(self, cluster: Cluster, origin: Origin) -> None:
        self._cluster = cluster
        self._origin = origin
        self._worker = cluster.engines[0]

    def run(self, engine: str, cases: list[Case]) -> int:
        """Let the worker die in each case; the one that dies next takes over what the last one left."""
        begun, faults, attempts = time.monotonic(), [], []
        for process in self._cluster.processes:
            process.start()
        before = self._make_image()
        sha256 = ""
        for last, case in pairwise([None, *cases, None]):
            self._restart(case)
            if last is not None:
                kind, step, moment = last
                accepted = Accepted(self._wait_for_end(kind), sha256)
                end = end_of(self._cluster.server, accepted, flow=FLOW, max_attempts=MAX_ATTEMPTS)
                faults += [f"{kind}, killed when {step} was {moment}: {fault}" for fault in end.faults]
                attempts.append(end.attempts)
            if case is not None:
                sha256 = self._start_and_die(case, before)
        print(
            f"{engine}: killed {len(cases)} times, in {len({case[0] for case in cases})} kinds of jobs; "
            f"{sum(attempts) - len(attempts)} attempts more, at most {max(attempts) - 1} of one; "
            f"{time.monotonic() - begun:.0f} s"
        )
        return report(faults)

    def _restart(self, case: Case | None) -> None:
        if self._worker.process is not None:
            self._worker.kill()
        self._worker.program = ("-P", DYING, case[1], case[2]) if case else ("-m", "app")
        self._worker.start()

    def _start_and_die(self, case: Case, before: tuple[str, str]) -> str:
        """Start a job of the kind, let it cost its worker's life, and return the SHA-256 of its image."""
        kind = case[0]
        picture = make_picture(seed=hash(case) % 10**9)
        process = self._worker.process
        # An answer may be lost with the server; what was accepted is in the records.
        with contextlib.suppress(httpx.TransportError):
            self._start(kind, picture, before[0])
        if process is None or process.wait(60) != -9:
            raise AssertionError(f"the worker did not die in {case}")
        return before[1] if kind not in TAKING_IN else hashlib.sha256(picture).hexdigest()

    def _start(self, kind: str, picture: bytes, image_id: str) -> None:
        server = self._cluster.server
        if kind == "UPLOADED":
            upload = server.init(picture, "JPEG", flows=[FLOW])["upload"]
            server.put(upload, picture)
            server.graphql(UPLOAD_COMPLETE, input={"imageId": upload["imageId"]})
            return
        if kind in ("CLASSIFY", "EDIT"):
            server.graphql(CLASSIFY if kind == "CLASSIFY" else EDIT, id=image_id)
            return
        path = self._cluster.folder / "pictures" / f"{time.monotonic_ns()}.jpg"
        path.write_bytes(picture)
        self._origin.pages[f"/{path.name}"] = whole(picture)
        given = {
            "EXTERNAL": {"external": {"images": [{"url": self._origin.url(f"/{path.name}")}], "flows": [FLOW]}},
            "LOCAL": {"local": {"path": str(path), "flows": [FLOW]}},
            "TRANSFORM": {"transform": {"imageIds": [image_id]}},
        }
        server.graphql(START, input=given[kind])

    def _make_image(self) -> tuple[str, str]:
        """Return the id and SHA-256 of an image that is ready, for jobs that take none in."""
        picture = make_picture()
        self._start("UPLOADED", picture, "")
        [item] = self._cluster.server.graphql(IMAGE, id=self._wait_for_end("UPLOADED"))["job"]["items"]
        return item["image"]["id"], hashlib.sha256(picture).hexdigest()

    def _newest(self, kind: str) -> dict[str, str]:
        [edge] = self._cluster.server.graphql(NEWEST, kind=[kind])["jobs"]["edges"]
        node: dict[str, str] = edge["node"]
        return node

    def _wait_for_end(self, kind: str) -> str:
        """Return the newest job of a kind when it has ended, or the time is over."""
        deadline = time.monotonic() + END_TIMEOUT_S
        while (job := self._newest(kind))["state"] not in ENDED and time.monotonic() < deadline:
            time.sleep(0.1)
        return job["id"]


if __name__ == "__main__":
    sys.exit(main())
