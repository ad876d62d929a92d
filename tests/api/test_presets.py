"""Variants by name, and servers that offer nothing else."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from pydantic import ValidationError

from app.settings import Settings
from tests.pictures import make_picture
from tests.serving import RunningServer

PRESETS = "card=w64_h36_cover_attention_webp, hero=w200,wide=w320_q70"
VARIANT = "variant(%s) { url width height format }"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that was open when it offered an address, and offers only presets now."""
    settings = {"GF_PRESETS": PRESETS, "GF_ONLY_PRESETS": "true"}
    server = RunningServer(tmp_path_factory.mktemp("strict") / "data", settings)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def image_id(strict: RunningServer) -> str:
    payload = strict.upload(make_picture("PNG", (300, 200), seed=5), "PNG")
    strict.watch_to_end(payload["job"]["id"])
    return payload["image"]["id"]


def ask(server: RunningServer, image_id: str, fields: str) -> dict[str, Any]:
    return server.post(f'{{ image(id: "{image_id}") {{ {fields} }} }}').json()


def test_a_preset_is_what_the_operator_wrote(strict: RunningServer, image_id: str) -> None:
    told = ask(strict, image_id, VARIANT % 'preset: "card"')["data"]["image"]["variant"]

    picture = Image.open(BytesIO(httpx.get(told["url"]).content))

    assert (told["width"], told["height"], told["format"]) == (64, 36, "WEBP")
    assert (picture.size, picture.format) == ((64, 36), "WEBP")


def test_a_preset_can_be_had_in_another_format(strict: RunningServer, image_id: str) -> None:
    told = ask(strict, image_id, VARIANT % 'preset: "wide", format: AVIF')["data"]["image"]["variant"]

    assert httpx.get(told["url"]).headers["Content-Type"] == "image/avif"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('preset: "poster"', "NOT_FOUND"),
        ("width: 201", "NOT_FOUND"),
        ('preset: "card", width: 5', "INVALID_INPUT"),
        ('preset: "card", options: {blur: 3}', "INVALID_INPUT"),
    ],
)
def test_nothing_else_is_offered(strict: RunningServer, image_id: str, arguments: str, code: str) -> None:
    (error,) = ask(strict, image_id, VARIANT % arguments)["errors"]

    assert error["extensions"] == {"code": code, "field": ["preset"]}


def test_the_same_shape_by_its_numbers_is_a_preset(strict: RunningServer, image_id: str) -> None:
    told = ask(strict, image_id, VARIANT % "width: 200, format: JPEG")["data"]["image"]["variant"]

    assert httpx.get(told["url"]).status_code == 200


def test_responsive_offers_the_widths_of_presets(strict: RunningServer, image_id: str) -> None:
    given = ask(strict, image_id, "responsive(formats: [WEBP]) { width srcSet { value } }")["data"]["image"]
    (refused,) = ask(strict, image_id, "responsive(widths: [100]) { src }")["errors"]

    (src_set,) = given["responsive"]["srcSet"]
    address, width = src_set["value"].split()
    assert (width, given["responsive"]["width"]) == ("200w", 200)
    assert Image.open(BytesIO(httpx.get(address).content)).width == 200
    assert refused["extensions"]["code"] == "NOT_FOUND"


def test_the_server_tells_its_presets(strict: RunningServer) -> None:
    told = strict.graphql("{ server { onlyPresets presets { name bound width height fit format specification } } }")

    assert told["server"]["onlyPresets"] is True
    assert [preset["name"] for preset in told["server"]["presets"]] == [
        *("SMALL", "MEDIUM", "LARGE", "card", "hero", "wide"),
    ]
    assert told["server"]["presets"][3] == {
        "name": "card",
        "bound": None,
        "width": 64,
        "height": 36,
        "fit": "COVER",
        "format": "WEBP",
        "specification": "w64_h36_cover_attention_webp",
    }


def test_an_address_of_a_size_that_is_no_preset_any_more_is_not_found(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data")
    server.start()
    try:
        payload = server.upload(make_picture("PNG", (300, 200), seed=6), "PNG")
        server.watch_to_end(payload["job"]["id"])
        told = ask(server, payload["image"]["id"], VARIANT % "width: 99, format: PNG")["data"]["image"]["variant"]
        path = httpx.URL(told["url"]).path
        assert httpx.get(told["url"]).status_code == 200
        server.stop()
        server.settings |= {"GF_PRESETS": PRESETS, "GF_ONLY_PRESETS": "true"}
        server.start()
        unknown, altered = httpx.get(server.url + path), httpx.get(server.url + path.replace("w99", "w98"))
    finally:
        server.stop()

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert (altered.status_code, altered.json()["error"]["code"]) == (403, "INVALID_SIGNATURE")


@pytest.mark.parametrize(
    ("presets", "fault"),
    [
        ("card", "is no specification"),
        ("card=w0", "`width` is 0"),
        ("Card=w5", "lower-case letters"),
        ("card=w5,card=w6", "a name of its own"),
    ],
)
def test_a_preset_that_is_none_is_told_at_the_start(presets: str, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Settings(presets=presets, _env_file=None)


def test_only_presets_needs_some() -> None:
    with pytest.raises(ValidationError, match="GF_PRESETS must name"):
        Settings(only_presets=True, _env_file=None)


def test_a_preset_with_a_watermark_needs_one() -> None:
    with pytest.raises(ValidationError, match="GF_WATERMARK must be set for the preset 'card'"):
        Settings(presets="card=w64_watermark", _env_file=None)
