"""GET /media/…: who may read an object, and with which headers, over a real server."""

import os
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from app.domain.image import ImageFormat, ThumbnailSize, new_image_id, thumbnail_key

DATA = bytes(range(256)) * 4
BIG = bytes(range(256)) * 4096
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def get(server, key):
    return server.client.get(f"/media/{key}")


def signed(server, key):
    return server.signer.object_path(key, public=False).removeprefix("/media/")


def error_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("data", [DATA, BIG])
def test_everybody_reads_a_public_original(server, data):
    image = server.make_image(data)

    answer = get(server, image.original_key)

    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{image.id}.png"'
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["ETag"].strip('"') == server.call(server.store.find, image.original_key).etag
    assert "\r\nset-cookie" not in str(answer.headers).lower()


@pytest.mark.parametrize("image_format", ImageFormat)
def test_the_type_is_that_of_the_format(server, image_format):
    image = server.make_image(DATA, image_format=image_format)

    assert get(server, image.original_key).headers["Content-Type"] == f"image/{image_format.value.lower()}"


def test_everybody_reads_a_public_thumbnail(server):
    image = server.make_image(DATA)

    answer = get(server, thumbnail_key(image.id, ThumbnailSize.SMALL))

    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{image.id}_thumb_small.jpeg"'


@pytest.mark.parametrize("user", ["owner", "admin"])
def test_owner_and_admin_read_a_private_object(server, user):
    image = server.make_image(DATA, public=False)
    server.viewer = server.viewers[user]

    answer = get(server, image.original_key)

    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Cache-Control"] == "private, max-age=3600"


def test_a_signed_address_of_a_private_object_is_read_by_anybody(server):
    image = server.make_image(DATA, public=False)

    answer = get(server, signed(server, image.original_key))

    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Cache-Control"] == "private, max-age=3600"


@pytest.mark.parametrize("user", ["nobody", "stranger"])
def test_a_foreign_object_and_a_missing_one_are_told_alike(server, user):
    server.viewer = server.viewers[user]
    foreign = get(server, server.make_image(DATA, public=False).original_key)
    missing = get(server, f"{new_image_id()}.png")

    assert error_of(foreign) == error_of(missing) == (404, "NOT_FOUND")
    assert foreign.content == missing.content
    assert set(foreign.headers) == set(missing.headers)


def test_a_wrong_signature_tells_nothing_of_what_exists(server):
    foreign = get(server, f"{server.make_image(DATA, public=False).original_key}?signature=1.x")
    missing = get(server, f"{new_image_id()}.png?signature=1.x")

    assert error_of(foreign) == error_of(missing) == (403, "INVALID_SIGNATURE")
    assert foreign.content == missing.content


def test_a_signature_is_good_for_its_own_object_alone(server):
    image, other = server.make_image(DATA, public=False), server.make_image(DATA, public=False)
    signature = signed(server, image.original_key).partition("?")[2]

    assert error_of(get(server, f"{other.original_key}?{signature}")) == (403, "INVALID_SIGNATURE")
    thumbnail = thumbnail_key(image.id, ThumbnailSize.SMALL)
    assert error_of(get(server, f"{thumbnail}?{signature}")) == (403, "INVALID_SIGNATURE")


def test_a_signed_address_expires(server):
    address = signed(server, server.make_image(DATA, public=False).original_key)
    server.now += timedelta(hours=2)

    assert error_of(get(server, address)) == (403, "EXPIRED")


def test_a_public_object_is_read_with_any_signature(server):
    image = server.make_image(DATA)

    assert get(server, f"{image.original_key}?signature=1.x").status_code == 200


def test_a_signed_address_of_a_deleted_image_is_not_found(server):
    image = server.make_image(DATA, public=False)
    server.call(server.records.images.delete, [image.id])

    assert error_of(get(server, signed(server, image.original_key))) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "key", ["{id}.jpeg", "{id}", "thumbnails/{id}.png", "thumbnails/{id}_thumb_large.jpeg", "staging/{id}", "{id}.png/"]
)
def test_what_is_no_object_of_the_image_is_not_found(server, key):
    image = server.make_image(DATA)
    server.call(server.store.put, f"staging/{image.id}", b"x")

    assert error_of(get(server, key.format(id=image.id))) == (404, "NOT_FOUND")


def test_a_client_that_goes_away_midway_leaves_no_file_open(server):
    key = server.make_image(bytes(20_000_000)).original_key
    folder = server.store.root / key[:2]

    with server.connect() as client:
        client.sendall(f"GET /media/{key} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        server.wait_for(lambda: folder / key in open_files())

    server.wait_for(lambda: folder / key not in open_files())


def open_files() -> set[Path]:
    return {Path(os.path.realpath(descriptor)) for descriptor in Path("/proc/self/fd").iterdir()}


def test_the_modification_time_is_that_of_the_object(server):
    image = server.make_image(DATA)

    told: datetime = parsedate_to_datetime(get(server, image.original_key).headers["Last-Modified"])

    assert told == server.call(server.store.find, image.original_key).modified_at.replace(microsecond=0)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_objects_are_only_read_here(server, small, method):
    answer = server.client.request(method, f"/media/{small}")

    assert error_of(answer) == (405, "INVALID_INPUT")
