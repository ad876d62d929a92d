"""Variants through the API: addresses that can be fetched, and sizes that are those of the bytes."""

import re
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.pictures import make_picture
from tests.serving import RunningServer

VARIANT = "variant(%s) { url width height format byteSize }"


@pytest.fixture(scope="module")
def image_id(shared_server: RunningServer) -> str:
    payload = shared_server.upload(make_picture("PNG", (1001, 667), seed=77), "PNG", name="Variants")
    shared_server.watch_to_end(payload["job"]["id"])
    return payload["image"]["id"]


def ask(server: RunningServer, image_id: str, fields: str) -> dict[str, Any]:
    return server.graphql(f'{{ image(id: "{image_id}") {{ {fields} }} }}')["image"]


@pytest.mark.parametrize(
    ("arguments", "size", "image_format"),
    [
        ("width: 512, height: 512, format: WEBP", (512, 341), "WEBP"),
        ("width: 90, height: 90, fit: COVER, format: JPEG, quality: 50", (90, 90), "JPEG"),
        ("height: 50, format: PNG, fit: null", (75, 50), "PNG"),
        ('width: 40, height: 40, fit: CONTAIN, format: AVIF, options: {background: "#FF0000"}', (40, 40), "AVIF"),
        ("format: PNG, options: {rotate: 90, crop: {x: 1, y: 2, width: 60, height: 30}}", (30, 60), "PNG"),
        ("format: JPEG, width: 99, options: {gravity: NORTH, blur: 2.5, sharpen: 20}", (99, 66), "JPEG"),
    ],
)
def test_a_variant_is_what_it_says(
    shared_server: RunningServer, image_id: str, arguments: str, size: tuple[int, int], image_format: str
) -> None:
    told = ask(shared_server, image_id, VARIANT % arguments)["variant"]
    answer = httpx.get(told["url"])
    picture = Image.open(BytesIO(answer.content))
    told_again = ask(shared_server, image_id, VARIANT % arguments)["variant"]

    assert (told["width"], told["height"]) == picture.size == size
    assert told["format"] == picture.format == image_format
    assert told["byteSize"] is None
    assert told_again == {**told, "byteSize": len(answer.content)}


def test_without_arguments_it_follows_the_client(shared_server: RunningServer, image_id: str) -> None:
    told = ask(shared_server, image_id, "variant { url width height format byteSize }")["variant"]

    answer = httpx.get(told["url"], headers={"Accept": "image/webp,*/*"})

    assert (told["width"], told["height"], told["format"], told["byteSize"]) == (1001, 667, "AUTO", None)
    assert answer.headers["Content-Type"] == "image/webp"
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("width: 0", "width"),
        ("height: 8001", "height"),
        ("quality: 101", "quality"),
        ("options: {rotate: 45}", "rotate"),
        ("options: {blur: -1}", "blur"),
        ("options: {crop: {x: 0, y: 0, width: 2000, height: 1}}", "crop"),
        ("width: 8000, height: 8000, fit: FILL", "width"),
    ],
)
def test_what_cannot_be_made_is_refused(
    shared_server: RunningServer, image_id: str, arguments: str, field: str
) -> None:
    answer = shared_server.post(f'{{ image(id: "{image_id}") {{ variant({arguments}) {{ url }} }} }}').json()

    assert answer["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": [field]}


def test_responsive_gives_each_width_once_and_none_wider_than_the_image(
    shared_server: RunningServer, image_id: str
) -> None:
    fields = "responsive { src sizes width height srcSet { format mimeType value } }"
    told = ask(shared_server, image_id, fields)["responsive"]

    assert (told["width"], told["height"], told["sizes"]) == (1001, 667, "(max-width: 1001px) 100vw, 1001px")
    assert [(each["format"], each["mimeType"]) for each in told["srcSet"]] == [
        ("AVIF", "image/avif"),
        ("WEBP", "image/webp"),
        ("AUTO", None),
    ]
    for each in told["srcSet"]:
        assert re.findall(r" ([0-9]+)w", each["value"]) == ["320", "640", "960", "1001"]
    assert told["srcSet"][-1]["value"].endswith(f"{told['src']} 1001w")
    url = told["srcSet"][1]["value"].split()[0]
    assert Image.open(BytesIO(httpx.get(url).content)).size == (320, 213)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("widths: []", "widths"),
        ("widths: [0]", "width"),
        (f"widths: {[*range(1, 22)]}", "widths"),
        ("formats: []", "formats"),
    ],
)
def test_widths_and_formats_are_checked(
    shared_server: RunningServer, image_id: str, arguments: str, field: str
) -> None:
    answer = shared_server.post(f'{{ image(id: "{image_id}") {{ responsive({arguments}) {{ src }} }} }}').json()

    assert answer["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": [field]}


def test_a_private_variant_is_offered_with_an_address_that_expires(shared_server: RunningServer) -> None:
    shared_server.graphql(
        "mutation ($input: CreateFlowInput!) { createFlow(input: $input) { userErrors { message } } }",
        input={"name": "hidden-variants", "isPublic": False},
    )
    data = make_picture(size=(300, 200), seed=78)
    payload = shared_server.upload(data, "JPEG", flows=["hidden-variants"])
    shared_server.watch_to_end(payload["job"]["id"])

    url = ask(shared_server, payload["image"]["id"], "variant(width: 30) { url }")["variant"]["url"]

    assert httpx.get(url).headers["Cache-Control"] == "private, max-age=3600"
    assert httpx.get(url.partition("?")[0]).status_code == 404
