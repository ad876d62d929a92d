"""Images that look alike, through the API."""

import io
import random

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
