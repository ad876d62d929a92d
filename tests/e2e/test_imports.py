"""Imports of local folders: by mutation and by command line, with bad files among the good, and across a kill -9."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

START = """mutation ($input: StartJobInput!) { startJob(input: $input) { job { id kind state progress { total } }
  userErrors { code field } } }"""

JOB = """query ($id: ID!) { job(id: $id) { state progress { total done failed }
  items { state source attempts image { id state } error { code } } } }"""

ALL_IMAGES = """query ($after: String) { images(first: 100, after: $after) { totalCount
  edges { node { id sha256 state } } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.fixture
def importing_server(running_server: RunningServer, folder: Path) -> RunningServer:
    """A server that may import from the folder."""
    running_server.stop()
    running_server.settings["GF_LOCAL_ROOTS"] = str(folder)
    running_server.start()
    return running_server


def test_names_the_one_bad_file_among_ten(importing_server: RunningServer, folder: Path) -> None:
    _fill(folder, 9)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")

    job = _start(importing_server, folder)
    events = importing_server.watch_to_end(job["id"])
    ended = importing_server.graphql(JOB, id=job["id"])["job"]

    failed = [item for item in ended["items"] if item["state"] == "FAILED"]
    assert (ended["state"], ended["progress"]) == ("FAILED_PARTIAL", {"total": 10, "done": 9, "failed": 1})
    assert [(item["source"], item["image"]) for item in failed] == [(str(folder / "broken.jpg"), None)]
    assert failed[0]["error"]["code"] in ("CORRUPT", "NOT_AN_IMAGE")
    assert [event["item"]["source"] for event in events if event["kind"] == "ERROR"] == [str(folder / "broken.jpg")]
    assert events[-1]["kind"] == "COMPLETED"


def test_retries_the_failed_files_alone(importing_server: RunningServer, folder: Path) -> None:
    _fill(folder, 2)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    job = _start(importing_server, folder)
    importing_server.watch_to_end(job["id"])
    (folder / "broken.jpg").write_bytes(make_picture(seed=77))

    retried = importing_server.graphql(
        "mutation ($id: ID!) { retryJob(input: {jobId: $id}) { job { state } userErrors { code } } }", id=job["id"]
    )["retryJob"]
    importing_server.watch_to_end(job["id"])

    ended = importing_server.graphql(JOB, id=job["id"])["job"]
    assert retried == {"job": {"state": "QUEUED"}, "userErrors": []}
    assert (ended["state"], ended["progress"]) == ("COMPLETED", {"total": 3, "done": 3, "failed": 0})
    assert importing_server.graphql("{ images { totalCount } }") == {"images": {"totalCount": 3}}


@pytest.mark.parametrize("path", ["/etc", "{folder}/../../..", "{folder}/missing"])
def test_refuses_paths_outside_the_roots_or_missing(importing_server: RunningServer, folder: Path, path: str) -> None:
    local = {"path": path.format(folder=folder)}

    payload = importing_server.graphql(START, input={"local": local})["startJob"]

    assert payload["job"] is None
    assert payload["userErrors"][0]["code"] in ("FORBIDDEN", "SOURCE_UNREADABLE")
    assert importing_server.graphql("{ jobs { totalCount } }") == {"jobs": {"totalCount": 0}}


def test_takes_all_of_a_hundred_images_once_through_a_kill(importing_server: RunningServer, folder: Path) -> None:
    _fill(folder, 100, size=(1600, 1200))
    job = _start(importing_server, folder)
    _wait_for_progress(importing_server, job["id"], 20)

    importing_server.kill()
    importing_server.start()
    events = importing_server.watch_to_end(job["id"])

    ended = importing_server.graphql(JOB, id=job["id"])["job"]
    images = _list_images(importing_server)
    done = Counter(event["item"]["position"] for event in events if event["step"] == "DONE" and event["item"])
    assert (ended["state"], ended["progress"]) == ("COMPLETED", {"total": 100, "done": 100, "failed": 0})
    assert done == Counter(range(100))
    assert len(images) == len({image["sha256"] for image in images}) == 100
    assert {image["state"] for image in images} == {"READY"}


def test_keeps_everything_across_a_restart(importing_server: RunningServer, folder: Path) -> None:
    _fill(folder, 5)
    job = _start(importing_server, folder)
    importing_server.watch_to_end(job["id"])
    before = importing_server.watch_to_end(job["id"])
    images = _list_images(importing_server)

    importing_server.stop()
    importing_server.start()

    assert importing_server.watch_to_end(job["id"]) == before
    assert _list_images(importing_server) == images


def test_imports_by_command_line(running_server: RunningServer, folder: Path) -> None:
    _fill(folder, 4)
    (folder / "deeper").mkdir()
    (folder / "deeper" / "picture.png").write_bytes(make_picture("PNG", seed=900))

    printed = running_server.run_cli("import", str(folder), "--flow", "holidays")

    flow = running_server.graphql('{ flow(name: "holidays") { imageCount images { totalCount } } }')["flow"]
    assert "5 imported, 0 failed, completed" in printed
    assert flow == {"imageCount": 5, "images": {"totalCount": 5}}


def _fill(folder: Path, count: int, size: tuple[int, int] = (320, 240)) -> None:
    for number in range(count):
        (folder / f"{number:03}.jpg").write_bytes(make_picture(size=size, seed=number))


def _start(server: RunningServer, folder: Path) -> dict[str, Any]:
    payload = server.graphql(START, input={"local": {"path": str(folder), "flows": ["imported"]}})["startJob"]
    assert payload["userErrors"] == []
    job: dict[str, Any] = payload["job"]
    return job


def _wait_for_progress(server: RunningServer, job_id: str, done: int) -> None:
    deadline = time.monotonic() + 60
    while server.graphql(JOB, id=job_id)["job"]["progress"]["done"] < done:
        assert time.monotonic() < deadline, "the import does not get on"


def _list_images(server: RunningServer) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = []
    page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = server.graphql(ALL_IMAGES, after=page["pageInfo"]["endCursor"])["images"]
        images += [edge["node"] for edge in page["edges"]]
    return images
