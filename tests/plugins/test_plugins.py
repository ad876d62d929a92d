"""Plugins on a real server: packages that others install, and the two that ship."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.editing import edit, fetch, read, revert
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

IMAGE = "query ($id: ID!) { image(id: $id) { state tags url picture { url sha256 } } }"
ADMIN = {"GF-Api-Key": ADMIN_KEY}


def encode(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def take_in(server: RunningServer, data: bytes, image_format: str = "PNG", **more: object) -> tuple[str, list[Any]]:
    """Upload, and return the image's id and the log of its job."""
    payload = server.upload(data, image_format, **more)
    return payload["image"]["id"], server.watch_to_end(payload["job"]["id"])


def image_of(server: RunningServer, image_id: str, key: str | None = ADMIN_KEY) -> dict[str, Any]:
    image: dict[str, Any] = server.graphql(IMAGE, key=key, id=image_id)["image"]
    return image


def make_face() -> Image.Image:
    """Return a dark picture of 160 x 160 px with a bright striped square, which the detector takes for a face."""
    picture = Image.new("RGB", (160, 160), (20, 20, 60))
    for x in range(80, 100):
        picture.paste((255, 255, 255) if x % 2 else (190, 190, 190), (x, 40, x + 1, 60))
    return picture


def stripes(picture: Image.Image) -> int:
    """Return how much neighbours differ at most in the middle of the face."""
    row = [picture.convert("L").getpixel((x, 50)) for x in range(84, 96)]
    return max(abs(a - b) for a, b in pairwise(row))


def test_an_installed_plugin_gives_tags(tagging_server: RunningServer) -> None:
    image_id, log = take_in(tagging_server, make_picture("PNG", seed=951), tags=["sea"])

    assert image_of(tagging_server, image_id)["tags"] == ["sea", "seen by tagger", "harbour"]
    assert [event["step"] for event in log] == ["FETCH", "PLUGIN", "TRANSFORM", "PERSIST", "DONE"]


SAID = """query ($id: ID!) { image(id: $id) {
  labels { name score model modelVersion classifiedAt } metadata { facts { plugin name value } } tags state } }"""


def test_an_installed_plugin_gives_labels_and_metadata(tagging_server: RunningServer) -> None:
    data = encode(Image.new("RGB", (40, 30), (51, 102, 153)))
    before = datetime.now(UTC)
    image_id, _ = take_in(tagging_server, data, name="Quay")

    said = tagging_server.graphql(SAID, id=image_id)["image"]

    labels = [(label["name"], round(label["score"], 3)) for label in said["labels"]]
    assert labels == [("picture", 1), ("bright", 0.4)]
    assert {(label["model"], label["modelVersion"]) for label in said["labels"]} == {("plugin:tagger", "1.0")}
    assert all(before < datetime.fromisoformat(label["classifiedAt"]) < datetime.now(UTC) for label in said["labels"])
    assert said["metadata"]["facts"] == [
        {"plugin": "tagger", "name": "mean colour", "value": "#336699"},
        {"plugin": "tagger", "name": "title", "value": "Quay"},
    ]


def test_what_a_plugin_said_outlives_edits_and_what_is_made_anew(tagging_server: RunningServer) -> None:
    image_id, _ = take_in(tagging_server, make_picture("PNG", seed=954), name="Pier")
    said = tagging_server.graphql(SAID, id=image_id)["image"]
    assert len(said["metadata"]["facts"]) == 2

    transform(tagging_server, image_id)
    assert tagging_server.graphql(SAID, id=image_id)["image"] == said
    edit(tagging_server, image_id, {"brightness": {"amount": 0.5}})
    assert tagging_server.graphql(SAID, id=image_id)["image"] == said
    transform(tagging_server, image_id)
    revert(tagging_server, image_id)
    assert tagging_server.graphql(SAID, id=image_id)["image"] == said


def test_rules_of_a_flow_follow_the_labels_of_plugins(tagging_server: RunningServer) -> None:
    name = "bright"
    tagging_server.graphql(
        """mutation { createFlow(input: {name: "bright"}) { userErrors { code } }
        setFlowLabelling(input: {flow: "bright", onUpload: false,
          rules: [{label: "bright", minScore: 0.3, tag: "lamp"}]}) { userErrors { code message } } }"""
    )

    light, _ = take_in(tagging_server, encode(Image.new("RGB", (40, 30), (200, 201, 202))), flows=[name])
    dark, _ = take_in(tagging_server, encode(Image.new("RGB", (40, 30), (20, 21, 22))), flows=[name])

    assert image_of(tagging_server, light)["tags"] == ["seen by tagger", "harbour", "lamp"]
    assert image_of(tagging_server, dark)["tags"] == ["seen by tagger", "harbour"]


def transform(server: RunningServer, image_id: str) -> None:
    started = server.graphql(
        "mutation ($ids: [ID!]!) { startJob(input: {transform: {imageIds: $ids}}) { job { id } } }", ids=[image_id]
    )
    assert server.watch_to_end(started["startJob"]["job"]["id"])[-1]["kind"] == "COMPLETED"


def test_what_a_plugin_refuses_is_seen_by_its_owner_alone(tagging_server: RunningServer) -> None:
    data = encode(Image.new("RGB", (40, 30), (230, 10, 10)))

    image_id, log = take_in(tagging_server, data)

    last = log[-1]
    assert (last["step"], last["kind"], last["error"]) == (
        "PLUGIN",
        "ERROR",
        {"code": "VETOED", "message": "The plugin 'tagger' refuses the image: too red"},
    )
    image = image_of(tagging_server, image_id)
    assert image["state"] == "FAILED"
    assert httpx.get(image["url"]).status_code == 404
    assert httpx.get(image["url"], headers=ADMIN).content == data


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("raise", "The plugin 'troublemaker' failed: KeyError."),
        ("die", "The plugin 'troublemaker' died, or needs more memory than is allowed."),
        ("hoard", "The plugin 'troublemaker' needs more memory than is allowed."),
        ("babble", "The plugin 'troublemaker' failed: TypeError."),
        ("ramble", "The plugin 'troublemaker' failed: ValueError."),
        ("exaggerate", "The plugin 'troublemaker' failed: The score is 1.01; 0 to 1 are allowed."),
        ("sleep", "The plugin 'troublemaker' took too long."),
    ],
)
def test_a_plugin_fails_its_own_step_by_its_name(tagging_server: RunningServer, title: str, told: str) -> None:
    image_id, log = take_in(tagging_server, make_picture("PNG", seed=952), name=title)

    assert (log[-1]["step"], log[-1]["error"]) == ("PLUGIN", {"code": "PLUGIN_FAILED", "message": told})
    assert image_of(tagging_server, image_id)["state"] == "FAILED"
    assert image_of(tagging_server, take_in(tagging_server, make_picture("PNG", seed=953))[0])["state"] == "READY"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_the_picture_of_a_plugin_carries_nothing_but_pixels(tagging_server: RunningServer, image_format: str) -> None:
    image_id, _ = take_in(tagging_server, make_picture(image_format, seed=957), image_format, name="whisper")

    told = image_of(tagging_server, image_id)
    data = fetch(told["picture"]["url"]).content

    assert told["state"] == "READY"
    assert told["picture"]["url"] != told["url"]
    assert Image.open(BytesIO(data)).size == (640, 480)
    assert b"secret" not in data


def test_blurs_faces_and_lays_the_watermark_over_it(changing_server: RunningServer) -> None:
    data = encode(make_face())
    image_id, _ = take_in(changing_server, data)

    owner, anybody = image_of(changing_server, image_id), image_of(changing_server, image_id, key=None)

    shown = Image.open(BytesIO(fetch(anybody["picture"]["url"]).content)).convert("RGB")
    assert stripes(make_face()) == 65
    assert stripes(shown) <= 8
    assert shown.getpixel((10, 10)) == (20, 20, 60)
    assert shown.getpixel((145, 150)) == (255, 0, 255)
    assert anybody["url"] == anybody["picture"]["url"] == owner["picture"]["url"]
    assert fetch(owner["url"]).content == data
    plain = owner["url"].partition("?")[0]
    old = f"{changing_server.url}/images/d/{image_id}.png"
    assert httpx.get(plain).status_code == httpx.get(old).status_code == 404
    assert httpx.get(plain, headers=ADMIN).content == data


def test_edits_and_their_end_never_show_what_a_plugin_hid(changing_server: RunningServer) -> None:
    image_id, _ = take_in(changing_server, encode(make_face()))
    before = image_of(changing_server, image_id)

    edit(changing_server, image_id, {"brightness": {"amount": 1}})
    edited = fetch(image_of(changing_server, image_id, key=None)["picture"]["url"]).content
    revert(changing_server, image_id)
    reverted = image_of(changing_server, image_id, key=None)

    for shown in (edited, fetch(reverted["picture"]["url"]).content):
        assert stripes(Image.open(BytesIO(shown))) <= 8
    assert read(changing_server, image_id)["edits"] == []
    assert reverted["picture"]["sha256"] == before["picture"]["sha256"]


def test_a_picture_without_faces_keeps_its_pixels(changing_server: RunningServer) -> None:
    image_id, _ = take_in(changing_server, encode(Image.new("RGB", (100, 100), (10, 20, 30))))

    shown = Image.open(BytesIO(fetch(image_of(changing_server, image_id)["picture"]["url"]).content)).convert("RGB")

    assert {shown.getpixel((x, 40)) for x in range(100)} == {(10, 20, 30)}


def test_options_that_change_leave_what_is_cached_as_it_is(start: Callable[..., RunningServer], tmp_path: Path) -> None:
    Image.new("RGB", (20, 10), "#ff00ff").save(tmp_path / "mark.png")
    settings = {"GF_PLUGINS": "watermark", "GF_WATERMARK": str(tmp_path / "mark.png")}
    server = start(**settings, GF_WATERMARK_OPACITY="1")
    try:
        plain, _ = take_in(server, make_picture("PNG", seed=955))
        edited, _ = take_in(server, make_picture("PNG", seed=956))
        edit(server, edited, {"brightness": {"amount": 0.5}})
        before = {each: image_of(server, each)["picture"] for each in (plain, edited)}
        bytes_before = {each: fetch(before[each]["url"]).content for each in before}

        server.stop()
        server.settings["GF_WATERMARK_OPACITY"] = "0.2"
        server.start()
        for each in before:
            transform(server, each)
        after = {each: image_of(server, each)["picture"] for each in before}
        bytes_after = {each: fetch(after[each]["url"]).content for each in before}
        (tmp_path / "data" / "objects" / "edited").rename(tmp_path / "lost")
        transform(server, edited)
        mended = fetch(image_of(server, edited)["picture"]["url"]).content
    finally:
        server.stop()

    assert {each: picture["sha256"] for each, picture in after.items()} == {
        each: picture["sha256"] for each, picture in before.items()
    }
    assert bytes_after == bytes_before
    assert Image.open(BytesIO(mended)).size == Image.open(BytesIO(bytes_before[edited])).size
