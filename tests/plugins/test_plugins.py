"""Plugins on a real server: packages that others install, and the two that ship."""

from io import BytesIO
from itertools import pairwise
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
        ("sleep", "The plugin 'troublemaker' took too long."),
    ],
)
def test_a_plugin_fails_its_own_step_by_its_name(tagging_server: RunningServer, title: str, told: str) -> None:
    image_id, log = take_in(tagging_server, make_picture("PNG", seed=952), name=title)

    assert (log[-1]["step"], log[-1]["error"]) == ("PLUGIN", {"code": "PLUGIN_FAILED", "message": told})
    assert image_of(tagging_server, image_id)["state"] == "FAILED"
    assert image_of(tagging_server, take_in(tagging_server, make_picture("PNG", seed=953))[0])["state"] == "READY"


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
