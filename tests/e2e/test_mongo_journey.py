"""A real server whose records are in MongoDB, or its stand-in: an upload, and a database that goes and comes."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.mongo_server import MongoServer
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

LIST = "{ images(first: 5) { totalCount edges { node { id state title } } } }"
ANSWER_S = 3.0
SLACK_S = 2.0  # a busy machine


@pytest.fixture
def mongo_backed(own_mongo: MongoServer, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of the test's own on a database of the test's own."""
    running = RunningServer(tmp_path / "data", settings={"GF_DATABASE_URL": own_mongo.new_url()})
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def ask(server: RunningServer) -> tuple[httpx.Response, float]:
    """Return the answer to a query, and how long it took."""
    begun = time.monotonic()
    headers = {"GF-Api-Key": ADMIN_KEY}
    answer = httpx.post(f"{server.url}/graphql", json={"query": LIST}, headers=headers, timeout=60)
    return answer, time.monotonic() - begun


def wait_until_ready(server: RunningServer) -> None:
    deadline = time.monotonic() + 30
    while httpx.get(f"{server.url}/readyz", timeout=60).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_takes_an_upload_and_keeps_it_when_both_are_killed(mongo_backed: RunningServer, own_mongo: MongoServer) -> None:
    payload = mongo_backed.upload(make_picture(seed=1), "JPEG", name="A harbour", flows=["sea"])
    events = mongo_backed.watch_to_end(payload["job"]["id"])

    mongo_backed.kill()
    own_mongo.kill()
    own_mongo.start()
    mongo_backed.start()

    assert (events[-1]["step"], events[-1]["kind"]) == ("DONE", "COMPLETED")
    [edge] = mongo_backed.graphql(LIST)["images"]["edges"]
    assert edge["node"] == {"id": payload["image"]["id"], "state": "READY", "title": "A harbour"}
    flow = mongo_backed.graphql('{ flow(name: "sea") { imageCount } }')["flow"]
    assert flow == {"imageCount": 1}


@pytest.mark.parametrize("way", ["kill", "freeze"])
def test_says_that_the_database_is_away_and_goes_on_when_it_is_back(
    mongo_backed: RunningServer, own_mongo: MongoServer, way: str
) -> None:
    data = make_picture(seed=2)
    ticket = mongo_backed.init(data, "JPEG")["upload"]
    assert mongo_backed.put(ticket, data).status_code == 200
    getattr(own_mongo, way)()

    answer, took_s = ask(mongo_backed)
    ready = httpx.get(f"{mongo_backed.url}/readyz", timeout=60)

    assert answer.status_code == 503, answer.text
    assert "DATABASE_UNAVAILABLE" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert took_s < ANSWER_S + SLACK_S
    assert (ready.status_code, ready.json()["database"]) == (503, "failed")
    assert httpx.get(f"{mongo_backed.url}/livez").status_code == 200

    {"kill": own_mongo.start, "freeze": own_mongo.thaw}[way]()
    wait_until_ready(mongo_backed)
    events = mongo_backed.watch_to_end(mongo_backed.complete(ticket["imageId"])["job"]["id"])

    assert (events[-1]["step"], events[-1]["kind"]) == ("DONE", "COMPLETED")
    assert mongo_backed.graphql(LIST)["images"]["totalCount"] == 1
