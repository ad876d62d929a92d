"""Uploads that are refused: each with its code, nothing half-kept, the server still answering."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

COUNTS = "{ images(filter: {state: [PROCESSING, READY, FAILED]}) { totalCount } jobs { totalCount } }"


@pytest.fixture
def nothing_kept(running_server: RunningServer) -> Iterator[RunningServer]:
    """A server on which a test must leave neither image, job nor object."""
    yield running_server
    assert running_server.graphql(COUNTS) == {"images": {"totalCount": 0}, "jobs": {"totalCount": 0}}
    assert _objects(running_server) == []


def test_refuses_bytes_that_are_no_image(nothing_kept: RunningServer) -> None:
    assert _codes(nothing_kept.upload(b"<html>not an image</html>", "JPEG")) == ["NOT_AN_IMAGE"]


def test_refuses_an_image_whose_header_is_cut(nothing_kept: RunningServer) -> None:
    codes = _codes(nothing_kept.upload(make_picture("PNG")[:20], "PNG"))

    assert codes in (["CORRUPT"], ["NOT_AN_IMAGE"])


@pytest.mark.parametrize("size", [(1, 40_000_000), (30_000, 30_000)])
def test_refuses_a_bomb(nothing_kept: RunningServer, size: tuple[int, int]) -> None:
    assert _codes(nothing_kept.upload(_png_header(*size), "PNG")) == ["TOO_MANY_PIXELS"]


def test_refuses_more_bytes_than_allowed(nothing_kept: RunningServer) -> None:
    request = {"input": {"format": "JPEG", "byteSize": str(40 * 1024 * 1024 + 1)}}

    payload = nothing_kept.graphql(
        "mutation ($input: UploadInitInput!) { uploadInit(input: $input) { userErrors { code field } } }", **request
    )["uploadInit"]

    assert payload == {"userErrors": [{"code": "TOO_LARGE", "field": ["byteSize"]}]}


def test_refuses_another_type_than_announced(nothing_kept: RunningServer) -> None:
    assert _codes(nothing_kept.upload(make_picture("PNG"), "JPEG")) == ["TYPE_MISMATCH"]


def test_refuses_other_bytes_than_announced(nothing_kept: RunningServer) -> None:
    assert _codes(nothing_kept.upload(make_picture("PNG"), "PNG", sha256="0" * 64)) == ["HASH_MISMATCH"]


@pytest.mark.parametrize("change", [b"more", None])
def test_refuses_another_size_than_announced(nothing_kept: RunningServer, change: bytes | None) -> None:
    data = make_picture("PNG")
    upload = nothing_kept.init(data, "PNG")["upload"]

    answer = nothing_kept.put(upload, data + change if change else data[:-1])

    assert answer.status_code in (400, 409, 413, 422)
    assert answer.json()["error"]["code"] in ("TOO_LARGE", "SIZE_MISMATCH")
    assert _codes(nothing_kept.complete(upload["imageId"])) == ["NOT_UPLOADED"]


def test_refuses_an_altered_address(nothing_kept: RunningServer) -> None:
    data = make_picture("PNG")
    upload = nothing_kept.init(data, "PNG")["upload"]

    answer = nothing_kept.put({**upload, "url": upload["url"][:-2] + "xx"}, data)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "INVALID_SIGNATURE")


def test_takes_bytes_once_under_one_address(running_server: RunningServer) -> None:
    data = make_picture("PNG")
    upload = running_server.init(data, "PNG")["upload"]
    first = running_server.put(upload, data)

    again = running_server.put(upload, data)
    completed = running_server.complete(upload["imageId"])
    late = running_server.put(upload, data)

    assert [first.status_code, again.status_code, late.status_code] == [200, 409, 409]
    assert completed["userErrors"] == []
    assert running_server.graphql(COUNTS) == {"images": {"totalCount": 1}, "jobs": {"totalCount": 1}}


def test_refuses_to_complete_before_the_bytes(nothing_kept: RunningServer) -> None:
    upload = nothing_kept.init(make_picture(), "JPEG")["upload"]

    payload = nothing_kept.complete(upload["imageId"])

    assert _codes(payload) == ["NOT_UPLOADED"]
    assert (payload["job"], payload["image"]) == (None, None)


def test_completes_an_upload_once(running_server: RunningServer) -> None:
    first = running_server.upload(make_picture(), "JPEG")

    again = running_server.complete(first["image"]["id"])

    assert _codes(again) == ["ALREADY_COMPLETED"]
    assert first["job"]["id"] in again["userErrors"][0]["message"]
    assert running_server.graphql(COUNTS) == {"images": {"totalCount": 1}, "jobs": {"totalCount": 1}}


@pytest.mark.parametrize("image_id", ["0" * 32, "", "../../etc/passwd", "x" * 5_000])
def test_refuses_an_unknown_upload(nothing_kept: RunningServer, image_id: str) -> None:
    assert _codes(nothing_kept.complete(image_id)) == ["NOT_FOUND"]


def test_says_of_a_foreign_upload_that_there_is_none(nothing_kept: RunningServer) -> None:
    stranger = _make_key(nothing_kept, "stranger")
    upload = nothing_kept.init(make_picture(), "JPEG")["upload"]

    payload = nothing_kept.graphql(
        "mutation ($id: ID!) { uploadComplete(input: {imageId: $id}) { image { id } userErrors { code } } }",
        key=stranger,
        id=upload["imageId"],
    )["uploadComplete"]

    assert payload == {"image": None, "userErrors": [{"code": "NOT_FOUND"}]}


def test_refuses_uploads_of_those_who_are_not_signed_in(nothing_kept: RunningServer) -> None:
    mutation = "mutation { uploadInit(input: {format: PNG, byteSize: 5}) { upload { url } userErrors { code } } }"

    payload = nothing_kept.graphql(mutation, key=None)["uploadInit"]

    assert payload == {"upload": None, "userErrors": [{"code": "UNAUTHENTICATED"}]}


def test_refuses_a_flow_that_belongs_to_another(nothing_kept: RunningServer) -> None:
    stranger = _make_key(nothing_kept, "stranger")
    create = 'mutation { createFlow(input: {name: "mine"}) { flow { name } } }'
    init = 'mutation { uploadInit(input: {format: PNG, byteSize: 5, flows: ["mine"]}) { userErrors { code field } } }'

    nothing_kept.graphql(create)
    payload = nothing_kept.graphql(init, key=stranger)["uploadInit"]

    assert payload == {"userErrors": [{"code": "FORBIDDEN", "field": ["flows"]}]}


def test_fails_the_job_of_a_truncated_image(running_server: RunningServer) -> None:
    data = make_picture(size=(1600, 1200))
    payload = running_server.upload(data[: len(data) // 2], "JPEG")

    events = running_server.watch_to_end(payload["job"]["id"])

    assert [(event["step"], event["kind"]) for event in events] == [("FETCH", "OK"), ("TRANSFORM", "ERROR")]
    assert events[-1]["error"]["code"] == "CORRUPT"
    assert (events[-1]["job"]["state"], events[-1]["image"]["state"]) == ("FAILED", "FAILED")
    assert [name for name in _objects(running_server) if "thumb" in name] == []
    assert running_server.graphql("{ images { totalCount } }") == {"images": {"totalCount": 0}}


def test_answers_401_to_a_key_that_is_none(shared_server: RunningServer) -> None:
    answer = shared_server.post("{ server { version } }", key=ADMIN_KEY + "x")

    assert answer.status_code == 401
    assert "UNAUTHENTICATED" in answer.text


def test_closes_expired_addresses(running_server: RunningServer) -> None:
    answer = httpx.put(f"{running_server.url}/uploads/nothing", content=b"x")

    assert answer.status_code == 403


def _codes(payload: dict[str, object]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]  # type: ignore[attr-defined]


def _objects(server: RunningServer) -> list[str]:
    root = Path(server.data_dir) / "objects"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def _png_header(width: int, height: int) -> bytes:
    """Return a PNG that announces a size and has next to no data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _make_key(server: RunningServer, user: str) -> str:
    return server.run_cli("keys", "create", user).strip()
