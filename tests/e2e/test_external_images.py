"""Images from outside, end to end: a real server fetches from a real origin, good and bad, and across a kill -9."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import origins
from tests.origins import Origin, open_origin
from tests.pictures import make_picture
from tests.serving import RunningServer

START = """mutation ($input: StartJobInput!) { startJob(input: $input) { job { id kind state progress { total }
  items { imageId sourceUrl } } userErrors { code field } } }"""

JOB = """query ($id: ID!) { job(id: $id) { kind state progress { total done failed } items { state source sourceUrl
  imageId attempts image { id sha256 state title originUrl originPageUrl flows { edges { node { name } } } }
  error { code message } } } }"""

ADD_TO_FLOW = """mutation ($input: AddToFlowInput!) { addToFlow(input: $input) { flow { name } images { id } job { id }
  userErrors { code field } } }"""

REMOVE_FROM_FLOW = """mutation ($input: RemoveFromFlowInput!) { removeFromFlow(input: $input) {
  flow { name imageCount } images { originUrl originPageUrl } job { id } userErrors { code field } } }"""

FOUND = "query ($url: URL!) { images(filter: {originUrl: $url}) { totalCount edges { node { id } } } }"


@pytest.fixture
def origin() -> Iterator[Origin]:
    with open_origin() as opened:
        yield opened


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that may fetch from loopback."""
    running = RunningServer(tmp_path / "data", {"GF_FETCH_ALLOW_CIDRS": "127.0.0.1/32"})
    running.start()
    yield running
    running.stop()


def test_names_the_one_bad_address_among_ten(server: RunningServer, origin: Origin) -> None:
    urls = _publish(origin, 9)
    bad = origin.url("/missing.jpg")

    job = _start(server, [*urls[:4], bad, *urls[4:]])
    events = server.watch_to_end(job["id"])
    ended = server.graphql(JOB, id=job["id"])["job"]

    failed = [item for item in ended["items"] if item["state"] == "FAILED"]
    assert (ended["kind"], ended["state"]) == ("EXTERNAL", "FAILED_PARTIAL")
    assert ended["progress"] == {"total": 10, "done": 9, "failed": 1}
    assert [(item["sourceUrl"], item["image"]) for item in failed] == [(bad, None)]
    assert failed[0]["error"] == {"code": "FETCH_STATUS", "message": f"127.0.0.1:{origin.port} answers 404."}
    assert [event["item"]["position"] for event in events if event["kind"] == "ERROR"] == [4]
    assert events[-1]["kind"] == "COMPLETED"


def test_keeps_where_an_image_comes_from_under_the_id_that_was_promised(server: RunningServer, origin: Origin) -> None:
    picture = make_picture()
    origin.pages["/harbour%20at%20dawn.jpg"] = origins.whole(picture)
    url = origin.url("/harbour at dawn.jpg?size=1")

    job = _start(server, [url], page_url="https://example.com/harbours")
    server.watch_to_end(job["id"])
    [item] = server.graphql(JOB, id=job["id"])["job"]["items"]

    assert [(one["imageId"], one["sourceUrl"]) for one in job["items"]] == [(item["imageId"], url)]
    assert item["image"] == {
        "id": item["imageId"],
        "sha256": hashlib.sha256(picture).hexdigest(),
        "state": "READY",
        "title": "harbour at dawn",
        "originUrl": url,
        "originPageUrl": "https://example.com/harbours",
        "flows": {"edges": [{"node": {"name": "outside"}}]},
    }
    assert server.graphql(FOUND, url=url)["images"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": item["imageId"]}}],
    }
    assert server.graphql(FOUND, url=origin.url("/other.jpg"))["images"]["totalCount"] == 0


def test_fails_each_hostile_origin_by_its_own_code_in_time(server: RunningServer, origin: Origin) -> None:
    with open_origin() as canary:
        pages = {
            "/drip": (origins.drip(), "FETCH_INCOMPLETE"),
            "/endless": (origins.endless(), "TOO_LARGE"),
            "/short": (origins.short(make_picture(), 1_000_000), "FETCH_INCOMPLETE"),
            "/cut": (origins.cut_chunks(make_picture()), "FETCH_INCOMPLETE"),
            "/half": (origins.until_closed(make_picture()[:5000]), "CORRUPT"),
            "/zipped": (origins.zipped(b"\0" * 50_000_000), "NOT_AN_IMAGE"),
            "/loop": (origins.redirect("/loop"), "FETCH_STATUS"),
            "/loopback": (origins.redirect(f"http://127.0.0.2:{canary.port}/"), "FETCH_REFUSED"),
            "/decimal": (origins.redirect(f"http://2130706434:{canary.port}/"), "FETCH_REFUSED"),
            "/page": (origins.whole(b"<html>No picture</html>", "Content-Type: image/jpeg"), "NOT_AN_IMAGE"),
        }
        origin.pages |= {path: page for path, (page, _) in pages.items()}
        begin = time.monotonic()

        job = _start(server, [*map(origin.url, pages), "file:///etc/passwd", "http://10.0.0.1/", "nothing"])
        server.watch_to_end(job["id"])

    ended = server.graphql(JOB, id=job["id"])["job"]
    codes = [item["error"]["code"] for item in ended["items"]]
    assert codes == [*(code for _, code in pages.values()), "FETCH_REFUSED", "FETCH_REFUSED", "FETCH_REFUSED"]
    assert (ended["state"], time.monotonic() - begin < 20) == ("FAILED", True)
    assert canary.requests == []
    assert server.graphql("{ images { totalCount } }") == {"images": {"totalCount": 0}}
    assert [path for path in (server.data_dir / "objects" / "staging").rglob("*") if path.is_file()] == []


def test_asks_nothing_of_its_own_network_unless_it_is_told_to(shared_server: RunningServer, origin: Origin) -> None:
    [url] = _publish(origin, 1)

    job = _start(shared_server, [url])
    shared_server.watch_to_end(job["id"])

    [item] = shared_server.graphql(JOB, id=job["id"])["job"]["items"]
    message = f"What is at 127.0.0.1:{origin.port} may not be asked."
    assert (item["state"], item["error"]) == ("FAILED", {"code": "FETCH_REFUSED", "message": message})
    assert origin.requests == []


def test_tries_again_what_may_pass(server: RunningServer, origin: Origin) -> None:
    origin.pages["/busy.jpg"] = origins.whole(b"", status="503 Service Unavailable")
    job = _start(server, [origin.url("/busy.jpg")])
    _wait_until(lambda: len(origin.requests) == 1)

    origin.pages["/busy.jpg"] = origins.whole(make_picture())
    events = server.watch_to_end(job["id"])

    ended = server.graphql(JOB, id=job["id"])["job"]
    retries = [event["error"]["code"] for event in events if event["step"] == "RETRY"]
    assert (ended["state"], set(retries)) == ("COMPLETED", {"FETCH_STATUS"})
    assert ended["items"][0]["attempts"] == len(retries) + 1 >= 2


def test_origins_that_say_nothing_hold_up_no_upload(server: RunningServer, origin: Origin) -> None:
    origin.pages["/silent.jpg"] = origins.silence
    _start(server, [origin.url("/silent.jpg")] * 20)
    _wait_until(lambda: origin.at_once == 2)
    begin = time.monotonic()

    uploaded = server.upload(make_picture(), "JPEG")
    events = server.watch_to_end(uploaded["job"]["id"])

    assert (events[-1]["kind"], origin.most_at_once) == ("COMPLETED", 2)
    assert time.monotonic() - begin < 4


def test_adds_an_image_from_outside_to_a_flow(server: RunningServer, origin: Origin) -> None:
    [url] = _publish(origin, 1)
    server.graphql('mutation { createFlow(input: {name: "harbours"}) { flow { id } } }')

    added = server.graphql(ADD_TO_FLOW, input={"flow": "harbours", "url": url})["addToFlow"]
    server.watch_to_end(added["job"]["id"])

    flow = server.graphql('{ flow(name: "harbours") { imageCount images { edges { node { originUrl state } } } } }')
    assert (added["flow"], added["images"], added["userErrors"]) == ({"name": "harbours"}, [], [])
    assert flow["flow"] == {"imageCount": 1, "images": {"edges": [{"node": {"originUrl": url, "state": "READY"}}]}}


def test_takes_what_came_from_an_address_out_of_a_flow(server: RunningServer, origin: Origin) -> None:
    first, second = _publish(origin, 2)
    server.graphql('mutation { createFlow(input: {name: "harbours"}) { flow { id } } }')
    for url, page in ((first, "http://a/1"), (first, "http://a/2"), (second, "http://a/1")):
        added = server.graphql(ADD_TO_FLOW, input={"flow": "harbours", "url": url, "pageUrl": page})["addToFlow"]
        server.watch_to_end(added["job"]["id"])

    taken = [
        server.graphql(REMOVE_FROM_FLOW, input={"flow": "harbours", **given})["removeFromFlow"]
        for given in ({"url": first, "pageUrl": "http://a/2"}, {"url": first}, {"url": first}, {"url": "http://b/"})
    ]

    shown = [(payload["flow"], [image["originPageUrl"] for image in payload["images"] or []]) for payload in taken]
    assert shown[:2] == [
        ({"name": "harbours", "imageCount": 2}, ["http://a/2"]),
        ({"name": "harbours", "imageCount": 1}, ["http://a/1"]),
    ]
    missing = [{"code": "NOT_FOUND", "field": ["url"]}]
    assert taken[2:] == [{"flow": None, "images": None, "job": None, "userErrors": missing}] * 2
    assert server.graphql(FOUND, url=first)["images"]["totalCount"] == 2  # they stay elsewhere


@pytest.mark.parametrize(
    "given", [{}, {"url": "http://a/", "imageIds": []}, {"url": "http://a/", "pageUrl": "x"}, {"url": " "}]
)
def test_refuses_what_cannot_be_removed(shared_server: RunningServer, given: dict[str, Any]) -> None:
    payload = shared_server.graphql(REMOVE_FROM_FLOW, input={"flow": "general", **given})["removeFromFlow"]

    assert (payload["flow"], [error["code"] for error in payload["userErrors"]]) == (None, ["INVALID_INPUT"])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"url": "http://127.0.0.1/"}, {"code": "NOT_FOUND", "field": ["name"]}),
        ({"flow": "general"}, {"code": "INVALID_INPUT", "field": ["imageIds"]}),
        ({"flow": "general", "url": "http://a/", "imageIds": []}, {"code": "INVALID_INPUT", "field": ["imageIds"]}),
        ({"flow": "general", "url": ""}, {"code": "INVALID_INPUT", "field": ["url"]}),
        (
            {"flow": "general", "url": "http://a/", "pageUrl": "javascript:alert(1)"},
            {"code": "INVALID_INPUT", "field": ["pageUrl"]},
        ),
    ],
)
def test_refuses_what_cannot_be_added(
    shared_server: RunningServer, given: dict[str, Any], error: dict[str, object]
) -> None:
    payload = shared_server.graphql(ADD_TO_FLOW, input={"flow": "no such flow", **given})["addToFlow"]

    assert payload == {"flow": None, "images": None, "job": None, "userErrors": [error]}


@pytest.mark.parametrize(
    ("images", "field"),
    [
        ([], ["external", "images"]),
        ([{"url": "http://a"}] * 10_001, ["external", "images"]),
        ([{"url": "http://a/"}, {"url": "http://a/" + "b" * 2048}], ["external", "images", "1", "url"]),
        ([{"url": "http://a/", "pageUrl": "data:text/html,x"}], ["external", "images", "0", "pageUrl"]),
    ],
)
def test_refuses_bad_input_whole(shared_server: RunningServer, images: list[object], field: list[str]) -> None:
    before = shared_server.graphql("{ jobs { totalCount } }")

    payload = shared_server.graphql(START, input={"external": {"images": images}})["startJob"]

    assert payload == {"job": None, "userErrors": [{"code": "INVALID_INPUT", "field": field}]}
    assert shared_server.graphql("{ jobs { totalCount } }") == before


def test_fetches_all_of_sixty_once_through_a_kill(server: RunningServer, origin: Origin) -> None:
    pictures = [make_picture(size=(1200, 900), seed=number) for number in range(60)]
    urls = [origin.url(f"/{number}.jpg") for number in range(60)]
    origin.pages |= {f"/{number}.jpg": origins.whole(picture) for number, picture in enumerate(pictures)}
    job = _start(server, urls)
    _wait_until(lambda: server.graphql(JOB, id=job["id"])["job"]["progress"]["done"] >= 15)

    server.kill()
    server.start()
    events = server.watch_to_end(job["id"])

    ended = server.graphql(JOB, id=job["id"])["job"]
    done = Counter(event["item"]["position"] for event in events if event["step"] == "DONE" and event["item"])
    assert (ended["state"], ended["progress"]) == ("COMPLETED", {"total": 60, "done": 60, "failed": 0})
    assert done == Counter(range(60))
    assert [item["image"]["sha256"] for item in ended["items"]] == [hashlib.sha256(one).hexdigest() for one in pictures]
    assert [item["image"]["id"] for item in ended["items"]] == [item["imageId"] for item in job["items"]]
    assert {item["image"]["state"] for item in ended["items"]} == {"READY"}
    assert server.graphql('{ images { totalCount } flow(name: "outside") { imageCount } }') == {
        "images": {"totalCount": 60},
        "flow": {"imageCount": 60},
    }


def _publish(origin: Origin, count: int) -> list[str]:
    origin.pages |= {f"/{number}.jpg": origins.whole(make_picture(seed=number)) for number in range(count)}
    return [origin.url(f"/{number}.jpg") for number in range(count)]


def _start(server: RunningServer, urls: list[str], page_url: str | None = None) -> dict[str, Any]:
    images = [{"url": url, "pageUrl": page_url} for url in urls]
    payload = server.graphql(START, input={"external": {"images": images, "flows": ["outside"]}})["startJob"]
    assert payload["userErrors"] == []
    job: dict[str, Any] = payload["job"]
    return job


def _wait_until(holds: Any) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "the job does not get on"
        time.sleep(0.02)
