"""Tags through the API."""

from typing import Any

import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

ADD = "mutation ($input: AddTagsInput!) { addTags(input: $input) { images { tags } userErrors { code field } } }"
REMOVE = """mutation ($input: RemoveTagsInput!) { removeTags(input: $input) {
  images { tags } userErrors { code field } } }"""
RENAME = """mutation ($input: RenameTagInput!) { renameTag(input: $input) {
  renamedCount remainingCount userErrors { code field message } } }"""
LIST = """query ($prefix: String!) { viewer { tags(prefix: $prefix, first: 10) {
  totalCount edges { node { name imageCount } } } } }"""


@pytest.fixture
def images(shared_server: RunningServer) -> list[str]:
    uploads = [shared_server.upload(make_picture(seed=seed), "JPEG", flows=["tagged"]) for seed in (901, 902)]
    return [upload["image"]["id"] for upload in uploads]


def change(server: RunningServer, mutation: str, **values: object) -> dict[str, Any]:
    [payload] = server.graphql(mutation, input=values).values()
    return payload


def counted(server: RunningServer, prefix: str) -> dict[str, int]:
    tags = server.graphql(LIST, prefix=prefix)["viewer"]["tags"]
    assert tags["totalCount"] == len(tags["edges"])
    return {edge["node"]["name"]: edge["node"]["imageCount"] for edge in tags["edges"]}


def test_gives_takes_and_renames_tags(shared_server: RunningServer, images: list[str]) -> None:
    given = change(shared_server, ADD, imageIds=images, tags=[" TT-Sea", "tt-ship"])
    taken = change(shared_server, REMOVE, imageIds=images[:1], tags=["tt-ship"])
    renamed = change(shared_server, RENAME, name="tt-sea", newName="tt-ocean")

    assert given == {"images": [{"tags": ["tt-sea", "tt-ship"]}] * 2, "userErrors": []}
    assert taken == {"images": [{"tags": ["tt-sea"]}], "userErrors": []}
    assert renamed == {"renamedCount": 2, "remainingCount": 0, "userErrors": []}
    assert counted(shared_server, "TT-") == {"tt-ocean": 2, "tt-ship": 1}


@pytest.mark.parametrize(
    ("mutation", "values", "code", "field"),
    [
        (ADD, {"imageIds": [], "tags": ["tx-a"]}, "INVALID_INPUT", ["imageIds"]),
        (ADD, {"imageIds": ["IMAGE"], "tags": []}, "INVALID_INPUT", ["tags"]),
        (ADD, {"imageIds": ["IMAGE"], "tags": ["tx-a", " "]}, "INVALID_INPUT", ["tags"]),
        (ADD, {"imageIds": ["IMAGE"], "tags": [f"tx-{n}" for n in range(51)]}, "INVALID_INPUT", ["tags"]),
        (ADD, {"imageIds": ["IMAGE", "0" * 32], "tags": ["tx-a"]}, "NOT_FOUND", ["id"]),
        (REMOVE, {"imageIds": ["IMAGE"] * 101, "tags": ["tx-a"]}, "INVALID_INPUT", ["imageIds"]),
        (RENAME, {"name": "tx-none", "newName": "tx-a"}, "NOT_FOUND", ["name"]),
        (RENAME, {"name": "tx-none", "newName": "tx-none"}, "INVALID_INPUT", ["newName"]),
    ],
)
def test_refuses_what_is_wrong_and_changes_nothing(
    shared_server: RunningServer,
    images: list[str],
    mutation: str,
    values: dict[str, Any],
    code: str,
    field: list[str],
) -> None:
    if "imageIds" in values:
        values = {**values, "imageIds": [images[0] if one == "IMAGE" else one for one in values["imageIds"]]}

    [error] = change(shared_server, mutation, **values)["userErrors"]

    assert (error["code"], error["field"]) == (code, field)
    assert counted(shared_server, "tx-") == {}
