"""Colours of images as browsers worked them out."""

import json
import sqlite3

import httpx
import pytest

from tests.pictures import make_picture
from tests.rest.old_client import OldClient, failure_of

ROW = {"c": "#A0b0C0", "p": ["#000000", "FFFFFF"], "st": 1748736217.25, "et": 1748736218, "f": 7}


def post(client: OldClient, *rows: object, path: str = "/images/c") -> httpx.Response:
    return client.post(path, json.dumps({"jr": rows}).encode())


def kept(client: OldClient, image_id: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(client.server.data_dir / "gf-images.sqlite") as database:
        return database.execute(
            "SELECT browser, dominant_color, palette, started_at_s, ended_at_s FROM color_reports WHERE image_id = ?"
            " ORDER BY browser",
            (image_id,),
        ).fetchall()


@pytest.fixture
def image_id(old: OldClient, request: pytest.FixtureRequest) -> str:
    seed = 560 + sum(request.node.name.encode())
    found, job_id = old.upload(make_picture(seed=seed), f="colors")
    old.server.watch_to_end(job_id)
    return found


@pytest.mark.parametrize("path", ["/images/c", "/v1/images/c"])
def test_keeps_the_newest_report_of_each_browser(old: OldClient, image_id: str, path: str) -> None:
    row = {"i": image_id, **ROW}

    answers = [
        post(old, row, {**row, "f": 9}, path=path),
        post(old, {**row, "c": "000001", "p": []}, path=path),
        post(old, {key: value for key, value in row.items() if key != "f"}, path=path),
    ]

    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    times = (1748736217.25, 1748736218.0)
    palette = '["#000000","#ffffff"]'
    assert kept(old, image_id) == [
        (0, "#a0b0c0", palette, *times),
        (7, "#000001", "[]", *times),
        (9, "#a0b0c0", palette, *times),
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"c": "red"}, "verify__invalid_value_error"),
        ({"c": 5}, "verify__invalid_key_value_error"),
        ({"p": ["#00000g"]}, "verify__invalid_value_error"),
        ({"p": ["#000000"] * 33}, "verify__invalid_value_error"),
        ({"p": None}, "verify__invalid_key_value_error"),
        ({"st": 2, "et": 1}, "verify__invalid_value_error"),
        ({"et": 1e300}, "verify__invalid_value_error"),
        ({"st": "now"}, "verify__invalid_key_value_error"),
        ({"f": -1}, "verify__invalid_value_error"),
        ({"f": 1.5}, "verify__invalid_key_value_error"),
        ({"i": "0" * 32}, "mongodb_not_found_error"),
        ({"i": "../x"}, "mongodb_not_found_error"),
    ],
)
def test_keeps_nothing_of_a_batch_with_a_wrong_row(
    old: OldClient, image_id: str, change: dict[str, object], word: str
) -> None:
    row = {"i": image_id, **ROW}

    answer = post(old, row, {**row, **change})

    assert failure_of(answer)[:2] == (word, "handler /images/c failed")
    assert kept(old, image_id) == []


def test_refuses_rows_that_are_none(old: OldClient) -> None:
    assert failure_of(old.post("/images/c", b'{"jr": [1]}'))[0] == "verify__invalid_key_value_error"
    assert failure_of(old.post("/images/c", b"{}"))[0] == "verify__missing_key_error"


def test_hides_private_images_from_others(old: OldClient, signed_out: OldClient) -> None:
    old.server.graphql(
        'mutation { createFlow(input: {name: "secret colors", isPublic: false}) { userErrors { code } } }'
    )
    image_id, job_id = old.upload(make_picture(seed=559), f="secret colors")
    old.server.watch_to_end(job_id)

    assert failure_of(post(signed_out, {"i": image_id, **ROW}))[0] == "mongodb_not_found_error"
    assert post(old, {"i": image_id, **ROW}).status_code == 200
