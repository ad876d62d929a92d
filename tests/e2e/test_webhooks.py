"""Webhooks, end to end: a real server tells a real receiver, also after a kill -9, and refuses what is bad."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from tests.pictures import make_picture
from tests.receivers import Receiver, open_receiver
from tests.serving import RunningServer

CREATE = """mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) {
  webhook { id url events createdAt failingSince disabledAt } secret userErrors { code field message } } }"""

LOG = """query ($id: ID!) { node(id: $id) { ... on Webhook { failingSince disabledAt deliveries(first: 50) { totalCount
  edges { node { eventId event attempt at durationMs status error { code message } } } } } } }"""

REDELIVER = """mutation ($input: RedeliverWebhookInput!) { redeliverWebhook(input: $input) {
  webhook { id } userErrors { code field } } }"""

DELETE = "mutation ($id: ID!) { deleteWebhook(input: {id: $id}) { webhook { id } userErrors { code field } } }"
ENABLE = "mutation ($id: ID!) { enableWebhook(input: {id: $id}) { webhook { id } userErrors { code field } } }"
OWN = "{ webhooks { id url } }"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as opened:
        yield opened


@pytest.fixture
def teller(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that may post to loopback."""
    running = RunningServer(tmp_path / "data", {"GF_FETCH_ALLOW_CIDRS": "127.0.0.1/32"})
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def create(server: RunningServer, url: str, events: list[str], **more: Any) -> dict[str, Any]:
    payload: dict[str, Any] = server.graphql(CREATE, input={"url": url, "events": events}, **more)["createWebhook"]
    return payload


def log_of(server: RunningServer, webhook_id: str) -> list[dict[str, Any]]:
    return [edge["node"] for edge in server.graphql(LOG, id=webhook_id)["node"]["deliveries"]["edges"]]


def test_tells_of_an_upload_from_its_job_to_its_deletion(teller: RunningServer, receiver: Receiver) -> None:
    made = create(teller, receiver.url, ["IMAGE_READY", "IMAGE_UPDATED", "IMAGE_DELETED", "JOB_COMPLETED"])
    uploaded = teller.upload(make_picture(), "JPEG")
    image_id, job_id = uploaded["image"]["id"], uploaded["job"]["id"]
    receiver.wait_for(2)
    teller.graphql('mutation ($id: ID!) { updateImage(input: {id: $id, title: "Dock"}) { image { id } } }', id=image_id)
    receiver.wait_for(3)
    teller.graphql("mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { deletedIds } }", id=image_id)
    receiver.wait_for(4)

    events = [Verifier(made["secret"]).verify(body, headers) for headers, body in receiver.requests]
    told = {event["type"]: event["data"] for event in events}
    assert told == {
        "image.ready": {"imageId": image_id},
        "image.updated": {"imageId": image_id},
        "image.deleted": {"imageId": image_id},
        "job.completed": {"jobId": job_id, "kind": "UPLOADED", "total": 1, "done": 1, "failed": 0},
    }
    assert len(events) == 4
    assert made["secret"].startswith("whsec_")
    assert "secret" not in str(teller.graphql(OWN))


def test_sends_an_event_of_the_log_anew_under_its_id(teller: RunningServer, receiver: Receiver) -> None:
    webhook = create(teller, receiver.url, ["IMAGE_READY"])["webhook"]
    teller.upload(make_picture(), "JPEG")
    [event] = receiver.wait_for(1)

    teller.graphql(REDELIVER, input={"id": webhook["id"], "eventId": event["id"]})
    receiver.wait_for(2)

    [(first, body), (again, same)] = receiver.requests
    assert (first["webhook-id"], body) == (again["webhook-id"], same)
    assert {line["eventId"] for line in _wait_for_log(teller, webhook["id"], 2)} == {event["id"]}


def test_loses_nothing_when_the_server_is_killed(teller: RunningServer) -> None:
    with open_receiver() as away:
        pass
    create(teller, away.url, ["IMAGE_READY", "JOB_COMPLETED"])
    payloads = [teller.upload(make_picture(seed=seed), "JPEG") for seed in range(4)]
    for payload in payloads:
        teller.watch_to_end(payload["job"]["id"])
    teller.kill()

    with open_receiver(away.port) as back:
        teller.start()
        back.wait_for(4, "image.ready", timeout_s=45)
        back.wait_for(4, "job.completed", timeout_s=45)
        events = {event["id"]: event for event in back.events()}

    ready = [event["data"]["imageId"] for event in events.values() if event["type"] == "image.ready"]
    ended = [event["data"]["jobId"] for event in events.values() if event["type"] == "job.completed"]
    assert sorted(ready) == sorted(payload["image"]["id"] for payload in payloads)
    assert sorted(ended) == sorted(payload["job"]["id"] for payload in payloads)


def test_tells_nothing_to_its_own_network_whatever_it_is_called(
    shared_server: RunningServer, receiver: Receiver
) -> None:
    webhook = create(shared_server, f"http://localhost:{receiver.port}/hook", ["IMAGE_READY"])["webhook"]
    shared_server.upload(make_picture(seed=811), "JPEG")

    [line, *_] = _wait_for_log(shared_server, webhook["id"], 1)

    shared_server.graphql(DELETE, id=webhook["id"])
    assert (line["status"], line["error"]["code"]) == (None, "FETCH_REFUSED")
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("url", "events", "error"),
    [
        ("http://127.0.0.1/", ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("http://2130706433/", ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("http://[::1]/", ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("http://169.254.169.254/latest/meta-data", ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("javascript:alert(1)", ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("https://hooks.example/\r\nX-Evil: 1", ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("https://hooks.example/" + "a" * 3_000, ["IMAGE_READY"], ("FETCH_REFUSED", ["url"])),
        ("https://hooks.example/", [], ("INVALID_INPUT", ["events"])),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses_bad_webhooks(
    shared_server: RunningServer, url: str, events: list[str], error: tuple[str, list[str]]
) -> None:
    payload = create(shared_server, url, events)

    [told] = payload["userErrors"]
    assert (told["code"], told["field"]) == error
    assert (payload["webhook"], payload["secret"]) == (None, None)
    assert shared_server.graphql(OWN) == {"webhooks": []}


def test_refuses_an_event_that_it_does_not_know(shared_server: RunningServer) -> None:
    answer = shared_server.post(CREATE, input={"url": "https://hooks.example/", "events": ["IMAGE_EATEN"]})

    assert "'IMAGE_EATEN' does not exist in 'WebhookEvent' enum" in answer.json()["errors"][0]["message"]
    assert shared_server.graphql(OWN) == {"webhooks": []}


def test_shows_and_leaves_webhooks_to_their_owner(shared_server: RunningServer) -> None:
    stranger = shared_server.run_cli("keys", "create", "webhook stranger").strip()
    looker = shared_server.run_cli("keys", "create", "webhook looker", "--role", "viewer").strip()
    own = create(shared_server, "https://hooks.example/", ["IMAGE_READY"])["webhook"]["id"]
    missing = "webhook:" + "0" * 32
    redelivery = {"eventId": "evt_1"}

    def codes(key: str | None, webhook_id: str) -> list[str]:
        asked = [
            shared_server.graphql(DELETE, key=key, id=webhook_id)["deleteWebhook"],
            shared_server.graphql(ENABLE, key=key, id=webhook_id)["enableWebhook"],
            shared_server.graphql(REDELIVER, key=key, input={"id": webhook_id, **redelivery})["redeliverWebhook"],
        ]
        return [error["code"] for payload in asked for error in payload["userErrors"]]

    assert codes(stranger, own) == codes(stranger, missing) == ["NOT_FOUND"] * 3
    assert codes(looker, own) == ["FORBIDDEN"] * 3
    assert codes(None, own) == ["UNAUTHENTICATED"] * 3
    assert shared_server.graphql(LOG, key=stranger, id=own) == {"node": None}
    assert shared_server.graphql(OWN, key=stranger) == {"webhooks": []}
    assert shared_server.post(OWN, key=None).json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert shared_server.graphql(DELETE, id=own)["deleteWebhook"]["webhook"] == {"id": own}


def test_gives_a_user_twenty_webhooks(shared_server: RunningServer) -> None:
    key = shared_server.run_cli("keys", "create", "webhook hoarder").strip()
    payloads = [create(shared_server, "https://hooks.example/", ["IMAGE_READY"], key=key) for _ in range(21)]

    codes = [[error["code"] for error in payload["userErrors"]] for payload in payloads]

    assert codes == [[]] * 20 + [["CONFLICT"]]


def _wait_for_log(server: RunningServer, webhook_id: str, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while len(lines := log_of(server, webhook_id)) < count:
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)
    return lines
