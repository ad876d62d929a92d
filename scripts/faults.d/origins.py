"""Origins that drip, lie, never end and lead astray, fetched from by a real server, beside one that is honest.

Fails unless each item ends with its own code within 20 s, and nobody knocked at the canary on loopback.
"""

import argparse
import sys
from datetime import datetime

from cluster import open_cluster
from ends import report

from tests import origins
from tests.origins import Answer, Origin, open_origin
from tests.pictures import make_picture
from tests.serving import RunningServer

MAX_S = 20.0
BOMB = b"\0" * 50_000_000
PICTURE = make_picture()

START = """mutation ($urls: [ExternalImageInput!]!) {
  startJob(input: {external: {images: $urls}}) { job { id } userErrors { message } } }"""
JOB = "query ($id: ID!) { job(id: $id) { startedAt finishedAt items { error { code } } } }"
KEPT = "{ images { totalCount } }"


def main() -> int:
    argparse.ArgumentParser(prog="scripts/faults origins", description=__doc__).parse_args()
    with (
        open_origin() as canary,
        open_origin() as origin,
        open_cluster("embedded", GF_FETCH_ALLOW_CIDRS="127.0.0.1/32") as cluster,
    ):
        cluster.server.start()
        expected = {"an honest picture": (origin.url("/honest"), None), **hostile_urls(origin, canary)}
        jobs = {name: start(cluster.server, url) for name, (url, _) in expected.items()}
        faults = []
        for name, (_, code) in expected.items():
            faults += judge(cluster.server, name, jobs[name], code)
        if canary.requests:
            faults.append(f"the canary was asked {len(canary.requests)} times")
        if cluster.server.graphql(KEPT)["images"]["totalCount"] != 1:
            faults.append("other images than the honest one are shown")
        return report(faults)


def hostile_urls(origin: Origin, canary: Origin) -> dict[str, tuple[str, str]]:
    """Publish what is hostile; return by name the address, and the code of its end. The canary is nobody's to ask."""
    pages: dict[str, tuple[Answer, str]] = {
        "slow drip": (origins.drip(), "FETCH_INCOMPLETE"),
        "drip of headers": (origins.drip_head(), "FETCH_FAILED"),
        "endless body": (origins.endless(), "TOO_LARGE"),
        "wrong length": (origins.short(PICTURE, 1_000_000), "FETCH_INCOMPLETE"),
        "early end": (origins.cut_chunks(PICTURE), "FETCH_INCOMPLETE"),
        "half a picture": (origins.until_closed(PICTURE[:5000]), "CORRUPT"),
        "gzip bomb": (origins.zipped(BOMB), "NOT_AN_IMAGE"),
        "redirect loop": (origins.redirect("/redirect-loop"), "FETCH_STATUS"),
        "redirect to loopback": (origins.redirect(f"http://127.0.0.2:{canary.port}/"), "FETCH_REFUSED"),
        "redirect to loopback by number": (origins.redirect(f"http://2130706434:{canary.port}/"), "FETCH_REFUSED"),
        "redirect to a file": (origins.redirect("file:///etc/passwd"), "FETCH_REFUSED"),
        "page that says it is a picture": (origins.whole(b"<html></html>", "Content-Type: image/jpeg"), "NOT_AN_IMAGE"),
    }
    origin.pages = {f"/{name.replace(' ', '-')}": page for name, (page, _) in pages.items()}
    origin.pages["/honest"] = origins.whole(PICTURE)
    urls = {name: (origin.url(f"/{name.replace(' ', '-')}"), code) for name, (_, code) in pages.items()}
    return urls | {"loopback itself": (f"http://127.0.0.2:{canary.port}/", "FETCH_REFUSED")}


def start(server: RunningServer, url: str) -> str:
    job_id: str = server.graphql(START, urls=[{"url": url}])["startJob"]["job"]["id"]
    return job_id


def judge(server: RunningServer, name: str, job_id: str, code: str | None) -> list[str]:
    """Wait for the end of a job, print it, and return what must not be of it."""
    server.watch_to_end(job_id)
    job = server.graphql(JOB, id=job_id)["job"]
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("startedAt", "finishedAt"))
    took_s = (ended - begun).total_seconds()
    [item] = job["items"]
    found = item["error"] and item["error"]["code"]
    print(f"{name:32} {found or 'READY':18} {took_s:5.1f} s")
    faults = [f"{name} ended with {found}, not {code}"] if found != code else []
    return [*faults, f"{name} took {took_s:.1f} s"] if took_s > MAX_S else faults


if __name__ == "__main__":
    sys.exit(main())
