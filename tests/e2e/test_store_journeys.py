"""What a client sees of the stores: the same upload, the same refusals, the same pictures, wherever they are kept."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer
from tests.tampering import LATE_TAMPERINGS, TAMPERINGS, send, sign_anew

READ = "query ($id: ID!) { image(id: $id) { state sha256 url thumbnail(size: SMALL) { url } } }"
CREATE_FLOW = "mutation ($name: String!) { createFlow(input: {name: $name, isPublic: false}) { userErrors { code } } }"
DELETE = "mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { deletedIds } }"


@pytest.fixture(scope="module", params=["local", "s3", pytest.param("ipfs", marks=pytest.mark.ipfs)])
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on each kind of store, set up as an operator would."""
    settings = {"GF_STORAGE": request.param, "GF_ALLOWED_ORIGINS": "https://pages.example"}
    if request.param == "s3":
        server = request.getfixturevalue("s3_server")
        settings |= server.settings | {"GF_S3_BUCKET": server.new_place().bucket}
    elif request.param == "ipfs":
        node = request.getfixturevalue("ipfs_node")
        settings |= node.settings | {"GF_IPFS_FOLDER": node.new_folder()}
    running = RunningServer(tmp_path_factory.mktemp("stored") / "data", settings)
    running.run_cli("storage", "setup")
    running.start()
    yield running
    running.stop()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def upload_whole(server: RunningServer, data: bytes, **more: object) -> dict[str, Any]:
    """Return an image once its job has ended."""
    payload = server.upload(data, "JPEG", **more)
    server.watch_to_end(payload["job"]["id"])
    image: dict[str, Any] = server.graphql(READ, id=payload["image"]["id"])["image"]
    return {**image, "id": payload["image"]["id"]}


def test_keeps_and_gives_back_a_public_picture(stored: RunningServer) -> None:
    data = make_picture(seed=11)

    image = upload_whole(stored, data)
    original, thumbnail = httpx.get(image["url"]), httpx.get(image["thumbnail"]["url"])
    part = httpx.get(image["url"], headers={"Range": "bytes=100-199"})

    assert (image["state"], image["sha256"]) == ("READY", sha256(data))
    assert (original.status_code, original.content) == (200, data)
    assert (original.headers["content-type"], original.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert (thumbnail.status_code, thumbnail.content[:3]) == (200, b"\xff\xd8\xff")
    assert (part.status_code, part.content) == (206, data[100:200])


def test_gives_a_private_picture_to_who_has_its_address(stored: RunningServer) -> None:
    data, name = make_picture(seed=12), "private journeys"
    stored.graphql(CREATE_FLOW, name=name)

    image = upload_whole(stored, data, flows=[name])
    signed = httpx.get(image["url"], follow_redirects=True)
    plain = httpx.get(image["url"].partition("?")[0], follow_redirects=True)

    assert (signed.status_code, signed.content, signed.headers["content-type"]) == (200, data, "image/jpeg")
    assert "private" in signed.headers["cache-control"]
    assert plain.status_code == 404


def test_takes_a_picture_in_parts(stored: RunningServer) -> None:
    data = make_picture(seed=13) + bytes(9 * 1024 * 1024)

    image = upload_whole(stored, data)

    assert sha256(httpx.get(image["url"]).content) == image["sha256"] == sha256(data)


def test_deletes_a_picture_with_all_its_objects(stored: RunningServer) -> None:
    image = upload_whole(stored, make_picture(seed=14))

    stored.graphql(DELETE, id=image["id"])

    assert [httpx.get(url).status_code for url in (image["url"], image["thumbnail"]["url"])] == [404, 404]


def test_throws_away_what_is_no_picture(stored: RunningServer) -> None:
    upload = stored.init(b"x" * 500, "JPEG")["upload"]
    assert send(upload, b"x" * 500).status_code == 200

    payload = stored.complete(upload["imageId"])

    assert [error["code"] for error in payload["userErrors"]] == ["NOT_AN_IMAGE"]
    assert [error["code"] for error in stored.complete(upload["imageId"])["userErrors"]] == ["NOT_FOUND"]


def test_pages_of_origins_that_are_allowed_may_send_bytes_and_no_others(stored: RunningServer) -> None:
    data = make_picture(seed=15)
    upload = stored.init(data, "JPEG")["upload"]
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": ",".join(headers).lower()}

    allowed, foreign = (
        httpx.options(upload["url"], headers={**asks, "Origin": origin})
        for origin in ("https://pages.example", "https://foreign.example")
    )
    put = httpx.put(upload["url"], content=data, headers={**headers, "Origin": "https://pages.example"})

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://pages.example"
    assert "PUT" in allowed.headers["access-control-allow-methods"]
    assert "access-control-allow-origin" not in foreign.headers
    assert (put.status_code, put.headers["access-control-allow-origin"]) == (200, "https://pages.example")


@pytest.mark.parametrize("how", TAMPERINGS)
def test_refuses_an_upload_that_was_tampered_with(stored: RunningServer, how: str) -> None:
    data = make_picture(seed=20)
    upload = stored.init(data, "JPEG")["upload"]

    answer = TAMPERINGS[how](stored, upload, data)

    assert 400 <= answer.status_code < 500, answer.text
    assert [error["code"] for error in stored.complete(upload["imageId"])["userErrors"]] == ["NOT_UPLOADED"]


@pytest.mark.parametrize("how", LATE_TAMPERINGS)
def test_keeps_what_came_first_under_an_address(stored: RunningServer, how: str) -> None:
    data = make_picture(seed=21)
    upload = stored.init(data, "JPEG")["upload"]
    assert send(upload, data).status_code == 200

    image, answer = LATE_TAMPERINGS[how](stored, upload, data[:-1] + b"x")

    assert answer.status_code in (409, 412), answer.text
    assert httpx.get(image["url"]).content == data


def test_refuses_other_bytes_than_were_hashed(stored: RunningServer) -> None:
    data = make_picture(seed=22)
    upload = stored.init(data, "JPEG", sha256=sha256(data))["upload"]

    sent = send(upload, data[:-1] + b"x")

    assert sent.status_code == 200
    assert [error["code"] for error in stored.complete(upload["imageId"])["userErrors"]] == ["HASH_MISMATCH"]
    assert [error["code"] for error in stored.complete(upload["imageId"])["userErrors"]] == ["NOT_FOUND"]


def test_signs_in_these_tests_as_the_stores_do(stored: RunningServer) -> None:
    """An address that is signed here for now is taken: what is signed here for the past is refused for its age."""
    data = make_picture(seed=23)
    upload = stored.init(data, "JPEG")["upload"]

    assert send(upload, data, url=sign_anew(stored, upload, timedelta())).status_code == 200
