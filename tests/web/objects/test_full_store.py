"""A full disk as a client sees it: 507 with a time to come back, reads that go on, and no restart to recover."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.small_disks import enlarge_disk, mount_small_disk

DISK_BYTES = 3 * 1024 * 1024
BIG = b"x" * (DISK_BYTES + 1)


@pytest.fixture
def disk(server) -> Iterator[Path]:
    server.store.root.mkdir(exist_ok=True)
    with mount_small_disk(server.store.root, DISK_BYTES):
        yield server.store.root


def put(server, url: str, data: bytes) -> httpx.Response:
    return server.client.put(url, content=data, headers={"Content-Type": "image/png"})


def test_a_full_disk_refuses_an_upload_goes_on_reading_and_recovers_by_itself(server, disk):
    image = server.make_image(b"picture")
    upload, url = server.make_upload(byte_size=len(BIG))

    refused, read = put(server, url, BIG), server.client.get(f"/media/{image.original_key}")
    small, small_url = server.make_upload(byte_size=5)
    taken = put(server, small_url, b"small")

    assert (refused.status_code, refused.headers["Retry-After"]) == (507, "60")
    assert refused.json()["error"]["code"] == "INSUFFICIENT_STORAGE"
    assert (server.stored(upload), server.leftovers()) == (None, [])
    assert (read.status_code, read.content) == (200, b"picture")
    assert (taken.status_code, server.stored(small)) == (200, b"small")

    enlarge_disk(disk, 4 * DISK_BYTES)
    again = put(server, url, BIG)

    assert (again.status_code, server.stored(upload)) == (200, BIG)
