"""The old editor's pictures, in both forms of the body."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.editing import EDIT, fetch, read, size_of
from tests.pictures import make_picture
from tests.rest.conftest import Made
from tests.rest.old_client import OldClient, data_of, failure_of
from tests.serving import RunningServer

SAVE = "/images/editor/save"
IMAGE = """query ($id: ID!) { image(id: $id) { title format width clientMetadata url
  flows { edges { node { name } } } } }"""
COUNTS = "{ images(filter: {state: [PROCESSING, READY, FAILED]}) { totalCount } jobs { totalCount } }"
PNG = make_picture("PNG", (90, 60), seed=571)


def body_of(source: str, **values: Any) -> bytes:
    """Return what the later editor sends; a value of None leaves its key out."""
    body = {
        "new_title_str": "Harbour, sepia",
        "source_image_id_str": source,
        "source_flow_name_str": "old_flow",
        "target_flow_name_str": "edited_flow",
        "image_base64_data_str": base64.b64encode(PNG).decode(),
        "applied_filters_lst": ["sepia", {"name": "blur", "radius": 2}],
        "new_height_int": 60,
        "new_width_int": 90,
        **values,
    }
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def wait(old: OldClient, image_id: str) -> None:
    [edge] = old.server.graphql(
        "query ($id: ID!) { jobs(filter: {image: $id}) { edges { node { id } } } }", id=image_id
    )["jobs"]["edges"]
    old.server.watch_to_end(edge["node"]["id"])


def test_saves_json_as_a_new_image_that_graphql_sees(old: OldClient, made: Made) -> None:
    before = read(old.server, made.image_id)

    answer = data_of(old.post(SAVE, body_of(made.image_id)))
    wait(old, answer["image_id_str"])

    assert list(answer) == ["image_id_str"]
    image = old.server.graphql(IMAGE, id=answer["image_id_str"])["image"]
    assert fetch(image.pop("url")).content == PNG
    assert image == {
        "title": "Harbour, sepia",
        "format": "PNG",
        "width": 90,
        "clientMetadata": {
            "editor": {
                "appliedFilters": ["sepia", {"name": "blur", "radius": 2}],
                "height": 60,
                "sourceFlow": "old_flow",
                "sourceImageId": made.image_id,
                "width": 90,
            }
        },
        "flows": {"edges": [{"node": {"name": "edited_flow"}}]},
    }
    exported = data_of(old.get("/v1/images/get", img_id=answer["image_id_str"]))["image_export_map"]
    assert (exported["title_str"], exported["format_str"]) == ("Harbour, sepia", "png")
    assert read(old.server, made.image_id) | {"similar": []} == before | {"similar": []}


@pytest.mark.parametrize("quoting", ["", "+"], ids=["quoted", "with blanks for each plus"])
def test_saves_the_form_of_the_old_page(old: OldClient, quoting: str) -> None:
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert "+" in url

    answer = data_of(old.post(SAVE, b"imgBase64=" + quote(url, safe=quoting).replace("+", " ").encode()))
    wait(old, answer["image_id_str"])

    image = old.server.graphql(IMAGE, id=answer["image_id_str"])["image"]
    assert fetch(image["url"]).content == PNG
    assert (image["title"], image["clientMetadata"]) == ("", None)
    assert image["flows"]["edges"] == [{"node": {"name": "general"}}]


def test_what_graphql_edits_is_seen_here(old: OldClient) -> None:
    saved = data_of(old.post(SAVE, b"imgBase64=" + quote(base64.b64encode(PNG)).encode()))["image_id_str"]
    wait(old, saved)

    edited = old.server.graphql(EDIT, input={"id": saved, "operations": [{"rotate": {"degrees": 90}}]})["editImage"]
    old.server.watch_to_end(edited["job"]["id"])

    exported = data_of(old.get("/v1/images/get", img_id=saved))["image_export_map"]
    assert size_of(old.get(exported["thumbnail_large_url_str"]).content) == (60, 90)


@pytest.mark.parametrize(
    ("values", "error_type"),
    [
        ({"image_base64_data_str": "no base64!"}, "base64_decoding_error"),
        ({"image_base64_data_str": "grünzeug"}, "base64_decoding_error"),
        ({"image_base64_data_str": ""}, "verify__invalid_value_error"),
        ({"image_base64_data_str": base64.b64encode(b"no picture").decode()}, "image_decoding_error"),
        ({"image_base64_data_str": base64.b64encode(PNG[:-200]).decode()[:40]}, "image_decoding_error"),
        ({"image_base64_data_str": None}, "verify__missing_key_error"),
        ({"image_base64_data_str": 5}, "verify__invalid_key_value_error"),
        ({"applied_filters_lst": "sepia"}, "verify__invalid_key_value_error"),
        ({"new_width_int": "wide"}, "verify__invalid_key_value_error"),
        ({"new_title_str": "x" * 300}, "verify__invalid_value_error"),
        ({"new_title_str": "x" * 3_000}, "verify__string_too_long_error"),
        ({"target_flow_name_str": "../etc"}, "verify__invalid_value_error"),
        ({"source_image_id_str": "0" * 32}, "mongodb_not_found_error"),
        ({"source_image_id_str": "../%2e"}, "mongodb_not_found_error"),
    ],
)
def test_keeps_nothing_of_what_it_refuses(
    old: OldClient, made: Made, values: dict[str, object], error_type: str
) -> None:
    before = old.server.graphql(COUNTS)

    refused = failure_of(old.post(SAVE, body_of(made.image_id, **values)))

    assert refused[:2] == (error_type, f"handler {SAVE} failed")
    assert old.server.graphql(COUNTS) == before


@pytest.mark.parametrize("body", [b"", b"5", b"[", b"imgBase64=%%%", b"imgbase64=x"])
def test_refuses_bodies_that_are_neither(old: OldClient, body: bytes) -> None:
    expected = "base64_decoding_error" if body.startswith(b"imgBase64") else "json_decode_error"

    assert failure_of(old.post(SAVE, body))[0] == expected


def test_is_for_those_who_are_signed_in(signed_out: OldClient, made: Made) -> None:
    told = signed_out.post(SAVE, body_of(made.image_id), auth_r="0")
    sent = signed_out.post(SAVE, body_of(made.image_id))

    assert told.json() == {"data": {"handler_error_user_msg": "unauthorized access"}, "status": "ERROR"}
    assert (sent.status_code, sent.headers["Location"]) == (302, "/")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldClient]:
    """A client of a server that takes 50,000 bytes of a picture."""
    folder: Path = tmp_path_factory.mktemp("small")
    server = RunningServer(folder / "data", {"GF_MAX_UPLOAD_BYTES": "50000"})
    server.start()
    yield OldClient(server)
    server.stop()


def test_bodies_follow_the_limit_of_uploads(small: OldClient) -> None:
    picture = base64.b64encode(PNG + bytes(50_001 - len(PNG))).decode()

    refused = failure_of(small.post(SAVE, b"imgBase64=" + quote(picture).encode()))
    with httpx.Client() as client:
        cut_off = client.post(
            f"{small.server.url}{SAVE}", content=bytes(2_000_000), headers={"GF-Api-Key": small.key or ""}
        )

    assert refused[0] == "verify__invalid_value_error"
    assert "50001 bytes" in refused[2]
    assert failure_of(cut_off)[0] == "verify__invalid_value_error"
    assert cut_off.headers["Connection"] == "close"
    assert small.server.graphql(COUNTS)["images"]["totalCount"] == 0
