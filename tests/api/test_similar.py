"""Images that look alike, through the API."""

import io
import random
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from tests.serving import RunningServer

SIMILAR = """query ($id: ID!, $first: Int, $most: Int) { image(id: $id) {
  similar(first: $first, maxDistance: $most) { distance image { id title } } } }"""


def make_landscape(seed: int) -> Image.Image:
    """Return soft patches of light and dark, others for each seed."""
    patches = Image.frombytes("L", (12, 10), random.Random(seed).randbytes(120))
    return patches.resize((640, 480), Image.Resampling.BICUBIC).convert("RGB")


def keep(server: RunningServer, picture: Image.Image, name: str, flow: str, image_format: str = "JPEG") -> str:
    file = io.BytesIO()
    picture.save(file, image_format)
    payload = server.upload(file.getvalue(), image_format, name=name, flows=[flow])
    server.watch_to_end(payload["job"]["id"])
    image_id: str = payload["image"]["id"]
    return image_id


@pytest.fixture(scope="module")
def family(shared_server: RunningServer) -> dict[str, str]:
    """A picture, the same smaller, lighter and in another format, and one that is another."""
    shared_server.graphql('mutation { createFlow(input: {name: "hidden kin", isPublic: false}) { flow { name } } }')
    picture = make_landscape(1)
    return {
        "original": keep(shared_server, picture, "original", "kin"),
        "small": keep(shared_server, picture.resize((320, 240)), "small", "kin"),
        "light": keep(shared_server, ImageEnhance.Brightness(picture).enhance(1.1), "light", "kin", "PNG"),
        "hidden": keep(shared_server, picture.resize((480, 360)), "hidden", "hidden kin"),
        "another": keep(shared_server, make_landscape(2), "another", "kin"),
    }


def test_finds_what_looks_alike(shared_server: RunningServer, family: dict[str, str]) -> None:
    found = shared_server.graphql(SIMILAR, id=family["original"])["image"]["similar"]

    assert {similar["image"]["title"] for similar in found} == {"small", "light", "hidden"}
    assert [similar["distance"] for similar in found] == sorted(similar["distance"] for similar in found)


def test_shows_none_that_the_viewer_may_not_see(shared_server: RunningServer, family: dict[str, str]) -> None:
    answer = shared_server.post(SIMILAR, key=None, id=family["original"]).json()

    assert {similar["image"]["title"] for similar in answer["data"]["image"]["similar"]} == {"small", "light"}


def test_shows_the_first_alone(shared_server: RunningServer, family: dict[str, str]) -> None:
    every = shared_server.graphql(SIMILAR, id=family["original"])["image"]["similar"]

    assert shared_server.graphql(SIMILAR, id=family["original"], first=1)["image"]["similar"] == every[:1]


@pytest.mark.parametrize("asked", [{"most": 12}, {"most": -1}, {"first": 0}, {"first": 101}])
def test_refuses_what_is_out_of_range(
    shared_server: RunningServer, family: dict[str, str], asked: dict[str, int]
) -> None:
    answer = shared_server.post(SIMILAR, id=family["original"], **asked).json()

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


LIKE = """query ($filter: ImageFilter!, $first: Int, $after: String) {
  images(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage } edges { node { title } } } }"""


def titles(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["title"] for edge in connection["edges"]]


def test_lists_what_looks_alike_page_by_page(shared_server: RunningServer, family: dict[str, str]) -> None:
    wanted = {"similarTo": family["original"], "flow": "kin"}
    first = shared_server.graphql(LIKE, filter=wanted, first=1)["images"]
    rest = shared_server.graphql(LIKE, filter=wanted, after=first["pageInfo"]["endCursor"])["images"]

    assert first["totalCount"] == 2
    assert {*titles(first), *titles(rest)} == {"small", "light"}


@pytest.mark.parametrize("image_id", ["0" * 32, "none"])
def test_nothing_looks_like_what_is_not_there(shared_server: RunningServer, image_id: str) -> None:
    found = shared_server.graphql(LIKE, filter={"similarTo": image_id})["images"]

    assert (found["totalCount"], found["edges"]) == (0, [])


def test_nothing_looks_like_what_is_hidden(shared_server: RunningServer, family: dict[str, str]) -> None:
    found = shared_server.graphql(LIKE, key=None, filter={"similarTo": family["hidden"]})["images"]

    assert (found["totalCount"], found["edges"]) == (0, [])


def test_finds_words(shared_server: RunningServer, family: dict[str, str]) -> None:
    assert titles(shared_server.graphql(LIKE, filter={"search": "Kin LIGHT"})["images"]) == ["light"]


def test_refuses_a_search_that_is_too_long(shared_server: RunningServer) -> None:
    [error] = shared_server.post(LIKE, filter={"search": "a" * 257}).json()["errors"]

    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["message"] == "The search has 257 characters; at most 256 are allowed."
