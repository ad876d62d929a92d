"""A full queue: callers are told to come back, and find what they sent when they do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, UPLOAD_COMPLETE, RunningServer

START = """mutation ($input: StartJobInput!) { startJob(input: $input) { job { id state }
  userErrors { code retryAfter } } }"""
REFUSALS = "mutation ($input: {0}!) {{ {1}(input: $input) {{ job {{ id }} userErrors {{ code retryAfter }} }} }}"
COMPLETE = REFUSALS.format("UploadCompleteInput", "uploadComplete")
RETRY = REFUSALS.format("RetryJobInput", "retryJob")
CANCEL = "mutation ($input: CancelJobInput!) { cancelJob(input: $input) { job { state } } }"
INIT = "mutation ($input: UploadInitInput!) { uploadInit(input: $input) { userErrors { code retryAfter } } }"
NOBODY = "redis://127.0.0.1:1/0"
"""Where no Redis listens: the server accepts jobs, and no worker is there to begin one."""

OF_USER = {"code": "RATE_LIMITED", "retryAfter": 5}
OF_ALL = {"code": "BUSY", "retryAfter": 5}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    limits = {"GF_MAX_WAITING_JOBS_OF_USER": "2", "GF_MAX_WAITING_JOBS": "3"}
    running = RunningServer(tmp_path / "data", {"GF_REDIS_URL": NOBODY, **limits})
    running.start()
    yield running
    running.stop()


def start_import(server: RunningServer, count: int, key: str = ADMIN_KEY) -> dict[str, Any]:
    images = [{"url": f"https://pictures.example/{number}.jpg"} for number in range(count)]
    payload: dict[str, Any] = server.graphql(START, key=key, input={"external": {"images": images}})["startJob"]
    return payload


def test_who_has_too_many_waiting_jobs_comes_back_later_with_the_same_bytes(server: RunningServer) -> None:
    pictures = [make_picture(seed=seed) for seed in range(3)]
    uploads = [server.init(data, "JPEG")["upload"] for data in pictures]
    for upload, data in zip(uploads, pictures, strict=True):
        server.put(upload, data)
    jobs = [server.complete(upload["imageId"])["job"]["id"] for upload in uploads[:2]]
    last = {"imageId": uploads[2]["imageId"]}

    refused = server.graphql(COMPLETE, input=last)["uploadComplete"]
    announced = server.graphql(INIT, input={"format": "JPEG", "byteSize": 100})["uploadInit"]
    server.graphql(CANCEL, input={"jobId": jobs[0]})
    taken = server.graphql(UPLOAD_COMPLETE, input=last)["uploadComplete"]

    assert refused == {"job": None, "userErrors": [OF_USER]}
    assert announced == {"userErrors": [OF_USER]}
    assert (taken["job"]["state"], taken["userErrors"]) == ("QUEUED", [])


def test_an_import_is_one_job_and_the_places_of_all_are_counted(server: RunningServer) -> None:
    ada, bob = (server.run_cli("keys", "create", name).split()[-1] for name in ("ada", "bob"))
    accepted = [start_import(server, 1_000), start_import(server, 5), start_import(server, 5, ada)]

    refused = [start_import(server, 1), start_import(server, 1, ada), start_import(server, 1, bob)]

    assert [payload["userErrors"] for payload in accepted] == [[], [], []]
    assert [payload["userErrors"] for payload in refused] == [[OF_USER], [OF_ALL], [OF_ALL]]
    assert {payload["job"] for payload in refused} == {None}
    assert server.graphql("{ jobs { totalCount } }")["jobs"]["totalCount"] == 3


def test_a_load_run_is_held_back_by_the_places_of_all_alone(server: RunningServer) -> None:
    server.stop()
    server.settings["GF_RATE_LIMITS"] = "off"
    server.start()

    answers = [start_import(server, 1)["userErrors"] for _ in range(4)]

    assert answers == [[], [], [], [OF_ALL]]
