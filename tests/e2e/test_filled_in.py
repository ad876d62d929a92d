"""What a picture says of itself: titles and tags that nobody gave, and formats that the operator chose."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.serving import RunningServer

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">The bridge</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>Sea</rdf:li><rdf:li>Stone</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""

IMAGE = "{ image(id: %s) { title tags format mimeType metadata { title keywords } } }"


def make_photograph(image_format: str, shade: int, *, xmp: bytes = XMP) -> bytes:
    buffer = BytesIO()
    options = {"tiffinfo": {700: xmp}} if image_format == "TIFF" else {"xmp": xmp}
    Image.new("RGB", (40, 30), (shade, 90, 160)).save(buffer, image_format, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def choosy(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[RunningServer]:
    """A server that takes JPEG and TIFF alone, and imports from the folder."""
    settings = {"GF_FORMATS": "JPEG,TIFF", "GF_LOCAL_ROOTS": str(folder)}
    server = RunningServer(tmp_path_factory.mktemp("choosy") / "data", settings)
    server.start()
    yield server
    server.stop()


def take_in(server: RunningServer, data: bytes, image_format: str, **more: object) -> dict[str, Any]:
    """Upload a picture and return what the server knows of it in the end."""
    payload = server.upload(data, image_format, **more)
    server.watch_to_end(payload["job"]["id"])
    return server.graphql(IMAGE % json.dumps(payload["image"]["id"]))["image"]


def test_a_title_and_tags_that_nobody_gave_come_from_the_picture(choosy: RunningServer) -> None:
    image = take_in(choosy, make_photograph("JPEG", 1), "JPEG")

    assert (image["title"], image["tags"]) == ("The bridge", ["sea", "stone"])
    assert image["metadata"] == {"title": "The bridge", "keywords": ["Sea", "Stone"]}


def test_what_was_given_stays(choosy: RunningServer) -> None:
    image = take_in(choosy, make_photograph("JPEG", 2), "JPEG", name="Mine", tags=["own"])

    assert (image["title"], image["tags"]) == ("Mine", ["own"])


def test_what_was_taken_away_does_not_come_back(choosy: RunningServer) -> None:
    payload = choosy.upload(make_photograph("JPEG", 3), "JPEG")
    choosy.watch_to_end(payload["job"]["id"])
    image_id = payload["image"]["id"]
    update = """mutation ($input: UpdateImageInput!) { updateImage(input: $input) { userErrors { message } } }"""
    assert choosy.graphql(update, input={"id": image_id, "title": "", "tags": []})["updateImage"]["userErrors"] == []

    transform = """mutation ($input: StartJobInput!) { startJob(input: $input) { job { id } } }"""
    job = choosy.graphql(transform, input={"transform": {"imageIds": [image_id]}})["startJob"]["job"]
    choosy.watch_to_end(job["id"])

    image = choosy.graphql(IMAGE % json.dumps(image_id))["image"]
    assert (image["title"], image["tags"], image["metadata"]["title"]) == ("", [], "The bridge")


def test_the_name_of_a_file_is_a_title_for_want_of_a_better_one(choosy: RunningServer, folder: Path) -> None:
    (folder / "img_0001.jpg").write_bytes(make_photograph("JPEG", 4))
    (folder / "img_0002.jpg").write_bytes(make_photograph("JPEG", 5, xmp=b""))
    start = """mutation ($input: StartJobInput!) { startJob(input: $input) { job { id } } }"""

    job = choosy.graphql(start, input={"local": {"path": str(folder), "flows": ["imported"]}})["startJob"]["job"]
    choosy.watch_to_end(job["id"])

    found = choosy.graphql('{ images(filter: {flow: "imported"}) { edges { node { title tags } } } }')
    assert sorted((edge["node"]["title"], edge["node"]["tags"]) for edge in found["images"]["edges"]) == [
        ("The bridge", ["sea", "stone"]),
        ("img_0002", []),
    ]


def test_a_tiff_is_taken_where_it_is_wanted(choosy: RunningServer) -> None:
    image = take_in(choosy, make_photograph("TIFF", 6), "TIFF")

    assert (image["format"], image["mimeType"], image["title"]) == ("TIFF", "image/tiff", "The bridge")


def test_a_format_that_is_not_wanted_is_refused_when_it_is_announced(choosy: RunningServer) -> None:
    payload = choosy.init(b"x", "PNG")

    assert choosy.graphql("{ server { formats } }") == {"server": {"formats": ["JPEG", "TIFF"]}}
    assert payload["upload"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("UNSUPPORTED_FORMAT", ["format"])]


def test_nothing_is_filled_in_where_that_is_not_wanted(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", {"GF_FILL_FROM_METADATA": "false"})
    server.start()
    try:
        image = take_in(server, make_photograph("JPEG", 7), "JPEG")
    finally:
        server.stop()

    assert (image["title"], image["tags"], image["metadata"]["title"]) == ("", [], "The bridge")
