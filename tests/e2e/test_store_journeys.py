"""What a client sees of the stores: the same upload, the same refusals, the same pictures, wherever they are kept."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

READ = "query ($id: ID!) { image(id: $id) { state sha256 url thumbnail(size: SMALL) { url } } }"
CREATE_FLOW = "mutation ($name: String!) { createFlow(input: {name: $name, isPublic: false}) { userErrors { code } } }"
DELETE = "mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { deletedIds } }"
OTHER_ID = "0b" * 16

Upload = dict[str, Any]
Tampering = Callable[[Upload, bytes], httpx.Response]


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


def send(upload: Upload, data: Any, method: str = "PUT", url: str = "", **changed: str | None) -> httpx.Response:
    """Send an upload with some of its headers changed; None leaves one out. Names have `_` for `-`."""
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    for name, value in changed.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    return httpx.request(method, url or upload["url"], content=data, headers=headers, timeout=60)


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


def change_key(upload: Upload) -> str:
    return change_signed(upload, upload["imageId"], OTHER_ID)


def change_expiry(upload: Upload) -> str:
    """Make it good for longer."""
    if "/uploads/" in upload["url"]:
        return change_token(upload, lambda fields: [*fields[:4], fields[4] + 3600])
    return upload["url"].replace("X-Amz-Expires=900", "X-Amz-Expires=4500")


def change_date(upload: Upload) -> str:
    if "/uploads/" in upload["url"]:
        return change_token(upload, lambda fields: [*fields[:4], fields[4] + 1])
    before, _, date = upload["url"].partition("X-Amz-Date=20")
    return f"{before}X-Amz-Date=20{(int(date[:2]) + 1):02}{date[2:]}"


def change_signature(upload: Upload) -> str:
    url, last = upload["url"][:-1], upload["url"][-1]
    return url + ("0" if last != "0" else "1")


def drop_signature(upload: Upload) -> str:
    if "/uploads/" in upload["url"]:
        return upload["url"].rpartition(".")[0]
    return upload["url"].partition("?")[0]


def change_signed(upload: Upload, old: str, new: str) -> str:
    if "/uploads/" in upload["url"]:
        return change_token(upload, lambda fields: [new if value == old else value for value in fields])
    return upload["url"].replace(old, new)


def change_token(upload: Upload, change: Callable[[list[Any]], list[Any]]) -> str:
    """Change what an address of this server says, and keep its signature."""
    base, _, token = upload["url"].rpartition("/")
    payload, _, signature = token.rpartition(".")
    fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    text = json.dumps(change(fields), separators=(",", ":")).encode()
    return f"{base}/{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{signature}"


def in_chunks(data: bytes) -> Iterator[bytes]:
    yield data


TAMPERINGS: dict[str, Tampering] = {
    "another key": lambda upload, data: send(upload, data, url=change_key(upload)),
    "a later expiry": lambda upload, data: send(upload, data, url=change_expiry(upload)),
    "another date": lambda upload, data: send(upload, data, url=change_date(upload)),
    "another signature": lambda upload, data: send(upload, data, url=change_signature(upload)),
    "no signature": lambda upload, data: send(upload, data, url=drop_signature(upload)),
    "POST": lambda upload, data: send(upload, data, "POST"),
    "DELETE": lambda upload, data: send(upload, b"", "DELETE"),
    "GET": lambda upload, data: send(upload, b"", "GET"),
    "another type": lambda upload, data: send(upload, data, Content_Type="text/html"),
    "no type": lambda upload, data: send(upload, data, Content_Type=None),
    "a byte more": lambda upload, data: send(upload, data + b"x"),
    "a byte less": lambda upload, data: send(upload, data[:-1]),
    "more in chunks": lambda upload, data: send(upload, in_chunks(data + b"x")),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_refuses_an_upload_that_was_tampered_with(stored: RunningServer, how: str) -> None:
    data = make_picture(seed=20)
    upload = stored.init(data, "JPEG")["upload"]

    answer = TAMPERINGS[how](upload, data)

    assert 400 <= answer.status_code < 500
    assert [error["code"] for error in stored.complete(upload["imageId"])["userErrors"]] == ["NOT_UPLOADED"]


def test_refuses_an_address_that_was_used(stored: RunningServer) -> None:
    data, other = make_picture(seed=21), make_picture(seed=21)[:-1] + b"x"
    upload = stored.init(data, "JPEG")["upload"]
    assert send(upload, data).status_code == 200

    again = send(upload, other)
    image = stored.complete(upload["imageId"])["image"]
    late = send(upload, other)

    assert [again.status_code, late.status_code] in ([409, 409], [412, 412])
    assert httpx.get(image["url"]).content == data
