"""Quotas through the API: what is held, told, refused and given back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

USAGE = "{ viewer { usage { images byteSize pendingUploads pendingBytes } quota { images byteSize pendingUploads } } }"
PICTURE = make_picture()


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[RunningServer]:
    """A server with room for two images, and for two uploads at once."""
    settings = {"GF_QUOTA_IMAGES": "2", "GF_QUOTA_PENDING_UPLOADS": "2", "GF_QUOTA_BYTES": "1000000"}
    running = RunningServer(tmp_path / "data", settings)
    running.start()
    yield running
    running.stop()


def usage_of(server: RunningServer) -> dict[str, Any]:
    usage: dict[str, Any] = server.graphql(USAGE)["viewer"]["usage"]
    return usage


def test_holds_room_for_uploads_and_gives_it_back(narrow: RunningServer) -> None:
    first = narrow.upload(PICTURE, "JPEG")["image"]
    held = narrow.init(PICTURE, "JPEG")
    refused = narrow.init(PICTURE, "JPEG")

    assert refused["upload"] is None
    assert refused["userErrors"][0]["code"] == "QUOTA_EXCEEDED"
    assert held["userErrors"] == []
    assert usage_of(narrow) == {
        "images": 1,
        "byteSize": len(PICTURE),
        "pendingUploads": 1,
        "pendingBytes": len(PICTURE),
    }

    narrow.graphql(
        "mutation ($ids: [ID!]!) { deleteImages(input: {ids: $ids}) { deletedIds userErrors { code } } }",
        ids=[first["id"]],
    )

    assert usage_of(narrow)["images"] == 0
    assert narrow.init(PICTURE, "JPEG")["userErrors"] == []


def test_refuses_more_bytes_than_are_allowed(narrow: RunningServer) -> None:
    refused = narrow.init(b"x" * 1_000_001, "JPEG")

    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [("QUOTA_EXCEEDED", ["byteSize"])]
    assert narrow.graphql(USAGE)["viewer"]["quota"] == {"images": 2, "byteSize": 1_000_000, "pendingUploads": 2}


def test_an_import_that_does_not_fit_in_fails_its_item(narrow: RunningServer, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(make_picture(seed=number))
    narrow.stop()
    narrow.settings["GF_LOCAL_ROOTS"] = str(tmp_path)
    narrow.start()
    job = narrow.graphql(
        "mutation ($path: String!) { startJob(input: {local: {path: $path}}) { job { id } userErrors { message } } }",
        path=str(tmp_path),
    )["startJob"]["job"]

    events = narrow.watch_to_end(job["id"])

    errors = [event["item"]["error"]["code"] for event in events if event["kind"] == "ERROR"]
    assert errors == ["QUOTA_EXCEEDED"]
    assert events[-1]["job"]["progress"] == {"total": 3, "done": 2, "failed": 1}
    assert usage_of(narrow)["images"] == 2


def test_nothing_is_said_of_what_has_no_end(shared_server: RunningServer) -> None:
    quota = shared_server.graphql(USAGE)["viewer"]["quota"]

    assert quota == {"images": None, "byteSize": None, "pendingUploads": 10_000}
