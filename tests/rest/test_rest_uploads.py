"""The upload of an old page, from the ticket to the image."""

import json
import re
import sqlite3
import time

import httpx
import pytest

from tests.pictures import make_picture
from tests.rest.old_client import OLD_PUT, OldClient, data_of, failure_of
from tests.serving import RunningServer

COUNTS = "{ images(filter: {state: [PROCESSING, READY, FAILED]}) { totalCount } jobs { totalCount } }"
IMAGE = """query ($id: ID!) { image(id: $id) { state title format width byteSize clientType clientMetadata
  flows { edges { node { name } } } } }"""


def test_announces_an_upload(old: OldClient) -> None:
    began = time.time()

    info = old.begin(imgf="jpg", imgn="a b.jpg", f=" one , two,,one", ct="browser")

    assert list(info) == [
        "creation_unix_time_f",
        "name_str",
        "upload_gf_image_id_str",
        "flows_names_lst",
        "presigned_url_str",
        "user_id_str",
    ]
    assert began - 1 <= info["creation_unix_time_f"] <= time.time() + 1
    assert (info["name_str"], info["flows_names_lst"], info["user_id_str"]) == ("a b.jpg", ["one", "two"], "user:admin")
    assert re.fullmatch(r"[0-9a-f]{32}", info["upload_gf_image_id_str"])
    assert info["presigned_url_str"].startswith(f"{old.server.url}/uploads/")


def test_takes_the_word_undefined_for_no_name_and_no_flow_for_the_general_one(old: OldClient) -> None:
    info = old.begin(imgn="undefined", f="")

    assert (info["name_str"], info["flows_names_lst"]) == ("", ["general"])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_takes_the_upload_of_an_old_page_whatever_it_is_called(old: OldClient, image_format: str) -> None:
    data = make_picture(image_format, (320, 200), seed=550)

    image_id, job_id = old.upload(data, imgf="png", imgn="photo", f="uploaded")
    deadline = time.monotonic() + 7.5
    while not data_of(old.get("/v1/images/get", img_id=image_id))["image_exists_bool"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert job_id.startswith("job:")
    exported = data_of(old.get("/v1/images/get", img_id=image_id))["image_export_map"]
    assert exported["format_str"] == image_format.lower()
    assert old.get(exported["thumbnail_small_url_str"]).status_code == 200
    assert old.server.graphql(IMAGE, id=image_id)["image"] == {
        "state": "READY",
        "title": "photo",
        "format": image_format,
        "width": 320,
        "byteSize": len(data),
        "clientType": "browser",
        "clientMetadata": None,
        "flows": {"edges": [{"node": {"name": "uploaded"}}]},
    }


def test_shows_a_picture_of_12_megapixels_in_time(old: OldClient) -> None:
    data = make_picture("JPEG", (4000, 3000), seed=551)
    image_id, _ = old.upload(data)
    deadline = time.monotonic() + 7.5

    while not data_of(old.get("/v1/images/get", img_id=image_id))["image_exists_bool"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_keeps_the_flows_and_the_data_that_come_at_the_end(old: OldClient) -> None:
    info = old.begin(f="first")
    image_id = info["upload_gf_image_id_str"]
    httpx.put(info["presigned_url_str"], content=make_picture(seed=552), headers=OLD_PUT)

    data_of(old.post("/v1/images/upload_complete", b'{"meta_map": {"page": 3}}', imgid=image_id, f="last"))

    image = old.server.graphql(IMAGE, id=image_id)["image"]
    assert image["clientMetadata"] == {"page": 3}
    assert [edge["node"]["name"] for edge in image["flows"]["edges"]] == ["first", "last"]


def test_answers_with_the_same_job_when_asked_again(running_server: RunningServer) -> None:
    old = OldClient(running_server)
    image_id, job_id = old.upload(make_picture(seed=553))

    again = data_of(old.post("/v1/images/upload_complete", imgid=image_id))

    assert again == {"images_job_id_str": job_id}
    assert running_server.graphql(COUNTS) == {"images": {"totalCount": 1}, "jobs": {"totalCount": 1}}


def test_completes_by_graphql_what_was_begun_by_rest_and_the_other_way_round(running_server: RunningServer) -> None:
    old = OldClient(running_server)
    info = old.begin()
    httpx.put(info["presigned_url_str"], content=make_picture(seed=554), headers=OLD_PUT)
    by_graphql = running_server.complete(info["upload_gf_image_id_str"])
    started = running_server.init(make_picture(seed=555), "JPEG")["upload"]
    running_server.put(started, make_picture(seed=555))
    by_rest = data_of(old.post("/v1/images/upload_complete", imgid=started["imageId"]))

    assert by_graphql["userErrors"] == []
    assert running_server.watch_to_end(by_rest["images_job_id_str"])[-1]["image"] == {
        "id": started["imageId"],
        "state": "READY",
    }


@pytest.mark.parametrize("call", ["upload_complete", "upload_metrics"])
def test_refuses_the_upload_of_somebody_else(shared_server: RunningServer, old: OldClient, call: str) -> None:
    stranger = OldClient(shared_server, shared_server.run_cli("keys", "create", f"old-{call}").strip())
    info = old.begin()
    body = b'{"upload_client_duration_sec_f": 1, "upload_client_transfer_duration_sec_f": 1}'

    failure = failure_of(stranger.post(f"/v1/images/{call}", body, imgid=info["upload_gf_image_id_str"]))

    assert failure[:2] == ("user_incorrect", f"handler /v1/images/{call} failed")


def test_says_of_what_has_not_arrived_that_it_is_not_found(old: OldClient) -> None:
    waiting = old.post("/v1/images/upload_complete", imgid=old.begin()["upload_gf_image_id_str"])
    unknown = [old.post("/v1/images/upload_complete", imgid=name) for name in ("0" * 32, "../x", "\0")]

    assert {failure_of(answer)[0] for answer in (waiting, *unknown)} == {"mongodb_not_found_error"}


@pytest.mark.parametrize(
    ("query", "body", "word"),
    [
        ({}, b"", "verify__input_data_missing_in_req_error"),
        ({"imgid": "x"}, b"{", "json_decode_error"),
        ({"imgid": "x"}, b'{"meta_map": 5}', "verify__invalid_key_value_error"),
    ],
)
def test_refuses_to_complete_what_is_not_named(old: OldClient, query: dict[str, str], body: bytes, word: str) -> None:
    assert failure_of(old.post("/v1/images/upload_complete", body, **query))[0] == word


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({}, "verify__input_data_missing_in_req_error"),
        ({"imgf": "svg"}, "verify__invalid_image_extension_error"),
        ({"imgf": "png", "f": "a/b"}, "verify__invalid_value_error"),
        ({"imgf": "png", "f": ",".join("abcdefghijklmnopqrstu")}, "verify__invalid_value_error"),
        ({"imgf": "png", "imgn": "x" * 300}, "verify__invalid_value_error"),
    ],
)
def test_refuses_to_announce_what_it_cannot_take(old: OldClient, query: dict[str, str], word: str) -> None:
    failure = failure_of(old.get("/v1/images/upload_init", **query))

    assert failure[:2] == (word, "handler /v1/images/upload_init failed")


def test_keeps_nothing_of_what_is_no_picture(running_server: RunningServer) -> None:
    old = OldClient(running_server)
    info = old.begin()
    httpx.put(info["presigned_url_str"], content=b"<html>", headers=OLD_PUT)

    failure = failure_of(old.post("/v1/images/upload_complete", imgid=info["upload_gf_image_id_str"]))

    assert failure[0] == "image_decoding_error"
    assert running_server.graphql(COUNTS) == {"images": {"totalCount": 0}, "jobs": {"totalCount": 0}}
    assert [path for path in (running_server.data_dir / "objects").rglob("*") if path.is_file()] == []


def test_takes_as_many_bytes_as_the_server_allows_and_no_more(tmp_path) -> None:
    data = make_picture("PNG", seed=556)
    server = RunningServer(tmp_path / "data", {"GF_MAX_UPLOAD_BYTES": str(len(data))})
    server.start()
    old = OldClient(server)

    full = httpx.put(old.begin()["presigned_url_str"], content=data, headers=OLD_PUT)
    more = httpx.put(old.begin()["presigned_url_str"], content=data + b"x", headers=OLD_PUT)
    unsized = httpx.put(old.begin()["presigned_url_str"], content=iter([data, b"x"]), headers=OLD_PUT)
    server.stop()

    assert (full.status_code, more.status_code, unsized.status_code) == (200, 413, 413)


def test_takes_bytes_once_and_only_under_the_signed_type(old: OldClient) -> None:
    address = old.begin()["presigned_url_str"]

    wrong = httpx.put(address, content=make_picture(seed=557), headers={"content-type": "image/jpeg"})
    first = httpx.put(address, content=make_picture(seed=557), headers=OLD_PUT)
    again = httpx.put(address, content=make_picture(seed=557), headers=OLD_PUT)

    assert (wrong.status_code, first.status_code, again.status_code) == (415, 200, 409)


def test_keeps_durations_in_milliseconds_whatever_they_came_in(running_server: RunningServer) -> None:
    old = OldClient(running_server)
    image_id = old.begin()["upload_gf_image_id_str"]
    for total, transfer in ((812.5, 640), (2.5, 600), (600.5, 0)):
        body = {"upload_client_duration_sec_f": total, "upload_client_transfer_duration_sec_f": transfer, "more": 1}
        answer = old.post("/v1/images/upload_metrics", json.dumps(body).encode(), imgid=image_id, ct="browser")
        assert answer.content == b'{"data":{},"status":"OK"}'

    with sqlite3.connect(running_server.data_dir / "gf-images.sqlite") as database:
        kept = database.execute("SELECT duration_ms, transfer_ms, client_type FROM upload_metrics").fetchall()
    assert kept == [(812.5, 640, "browser"), (2_500, 600_000, "browser"), (600.5, 0, "browser")]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "json_decode_error"),
        (b"{}", "verify__missing_key_error"),
        (b'{"upload_client_duration_sec_f": "1"}', "verify__invalid_key_value_error"),
        (b'{"upload_client_duration_sec_f": true}', "verify__invalid_key_value_error"),
        (
            b'{"upload_client_duration_sec_f": -1, "upload_client_transfer_duration_sec_f": 1e300}',
            "verify__invalid_value_error",
        ),
    ],
)
def test_refuses_reports_that_say_nothing(old: OldClient, body: bytes, word: str) -> None:
    image_id = old.begin()["upload_gf_image_id_str"]

    assert failure_of(old.post("/v1/images/upload_metrics", body, imgid=image_id))[0] == word
