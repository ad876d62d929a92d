"""Making what is made of images anew: by mutation and by command line."""

import httpx
import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

START = """mutation ($input: StartJobInput!) { startJob(input: $input) {
  job { id kind progress { total } } userErrors { code message field } } }"""
ENDED = "query ($id: ID!) { job(id: $id) { state progress { total done failed } } }"
IMAGE = "query ($id: ID!) { image(id: $id) { state palette thumbnail(size: SMALL) { url } } }"


def test_makes_lost_thumbnails_anew(running_server: RunningServer) -> None:
    image_id = _upload(running_server, 1)
    before = running_server.graphql(IMAGE, id=image_id)["image"]
    thumbnail = httpx.get(before["thumbnail"]["url"]).content
    [stored] = running_server.data_dir.rglob(f"{image_id}_thumb_small.jpeg")
    stored.unlink()

    started = running_server.graphql(START, input={"transform": {"imageIds": [image_id, image_id]}})["startJob"]
    running_server.watch_to_end(started["job"]["id"])

    assert (started["job"]["kind"], started["job"]["progress"]["total"]) == ("TRANSFORM", 1)
    assert running_server.graphql(IMAGE, id=image_id)["image"] == before
    assert httpx.get(before["thumbnail"]["url"]).content == thumbnail


def test_makes_all_anew_by_mutation_and_by_command_line(running_server: RunningServer) -> None:
    for seed in range(3):
        _upload(running_server, seed)

    started = running_server.graphql(START, input={"transform": {"all": True}})["startJob"]
    running_server.watch_to_end(started["job"]["id"])
    printed = running_server.run_cli("transform")

    ended = running_server.graphql(ENDED, id=started["job"]["id"])["job"]
    assert ended == {"state": "COMPLETED", "progress": {"total": 3, "done": 3, "failed": 0}}
    assert "3 transformed, 0 failed, completed" in printed


@pytest.mark.parametrize(
    ("transform", "code", "field"),
    [
        ({}, "INVALID_INPUT", ["transform", "imageIds"]),
        ({"imageIds": ["0" * 32], "all": True}, "INVALID_INPUT", ["transform", "imageIds"]),
        ({"imageIds": []}, "INVALID_INPUT", ["imageIds"]),
        ({"imageIds": ["0" * 8] * 10_001}, "INVALID_INPUT", ["imageIds"]),
        ({"imageIds": ["0" * 32]}, "NOT_FOUND", ["id"]),
    ],
)
def test_refuses_what_is_no_list_of_images(
    shared_server: RunningServer, transform: dict[str, object], code: str, field: list[str]
) -> None:
    payload = shared_server.graphql(START, input={"transform": transform})["startJob"]

    assert payload["job"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)]


def _upload(server: RunningServer, seed: int) -> str:
    payload = server.upload(make_picture(seed=seed), "JPEG")
    server.watch_to_end(payload["job"]["id"])
    image_id: str = payload["image"]["id"]
    return image_id
