"""Several stores at once, as clients and operators see them: a real S3 server and a folder, each once the primary."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aioboto3
import httpx
import pytest

from app.blobs.s3.client import S3Place, open_client
from tests.pictures import make_picture
from tests.s3_server import S3Server
from tests.serving import RunningServer

WAIT_S = 60
REPLICAS = "query ($id: ID!) { image(id: $id) { replicas { backend role state checkedAt error url cid } } }"
DELETE = "mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { deletedIds } }"


@dataclass
class Pair:
    """A server on two stores, and a look past it into each."""

    server: RunningServer
    place: S3Place

    @property
    def folder(self) -> Path:
        return self.server.data_dir / "objects"

    def keys(self, image_id: str) -> list[str]:
        thumbnails = [f"thumbnails/{image_id}_thumb_{size}.jpeg" for size in ("small", "medium", "large")]
        return [f"{image_id}.jpeg", *thumbnails]

    def path(self, key: str) -> Path:
        folder, _, name = key.rpartition("/")
        return self.folder / folder / name[:2] / name

    def in_folder(self, image_id: str) -> list[bytes | None]:
        paths = [self.path(key) for key in self.keys(image_id)]
        return [path.read_bytes() if path.exists() else None for path in paths]

    def in_bucket(self, image_id: str) -> list[bytes | None]:
        return asyncio.run(self._read_bucket(self.keys(image_id)))

    async def _read_bucket(self, keys: list[str]) -> list[bytes | None]:
        found: list[bytes | None] = []
        async with open_client(aioboto3.Session(), self.place) as client:
            for key in keys:
                try:
                    got = await client.get_object(Bucket=self.place.bucket, Key=key)
                    found.append(await got["Body"].read())
                except client.exceptions.NoSuchKey:
                    found.append(None)
        return found

    def replicas(self, image_id: str, key: str | None = None) -> list[dict[str, Any]]:
        options = {} if key is None else {"key": key}
        replicas: list[dict[str, Any]] = self.server.graphql(REPLICAS, id=image_id, **options)["image"]["replicas"]
        return replicas

    def states(self, image_id: str) -> list[str]:
        return [replica["state"] for replica in self.replicas(image_id)]

    def upload(self, seed: int) -> str:
        """Return the id of an image once it is processed."""
        payload = self.server.upload(make_picture(seed=seed), "JPEG")
        self.server.watch_to_end(payload["job"]["id"])
        image_id: str = payload["image"]["id"]
        return image_id


def wait_until(holds: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.2)


@pytest.fixture(scope="module", params=["s3,local", "local,s3"])
def pair(
    request: pytest.FixtureRequest, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    place = s3_server.new_place()
    settings = s3_server.settings | {"GF_STORAGE": request.param, "GF_S3_BUCKET": place.bucket}
    running = RunningServer(tmp_path_factory.mktemp("replicas") / "data", settings)
    running.run_cli("storage", "setup")
    running.start()
    yield Pair(running, place)
    if running.process is not None:
        running.stop()


def test_every_store_comes_to_hold_an_image_and_loses_it_again(pair: Pair) -> None:
    image_id = pair.upload(seed=31)

    wait_until(lambda: pair.states(image_id) == ["STORED", "STORED"] and None not in pair.in_bucket(image_id))
    held = pair.in_folder(image_id)
    assert held[0] == make_picture(seed=31)
    assert held == pair.in_bucket(image_id)

    pair.server.graphql(DELETE, id=image_id)

    wait_until(lambda: pair.in_folder(image_id) + pair.in_bucket(image_id) == [None] * 8)


def test_tells_the_owner_alone_where_an_image_is(pair: Pair) -> None:
    image_id = pair.upload(seed=32)
    wait_until(lambda: pair.states(image_id) == ["STORED", "STORED"])
    stranger = pair.server.run_cli("keys", "create", "stranger").strip()

    primary, replica = pair.replicas(image_id)
    names = pair.server.settings["GF_STORAGE"].split(",")

    assert [(told["backend"], told["role"]) for told in (primary, replica)] == [
        (names[0], "PRIMARY"),
        (names[1], "REPLICA"),
    ]
    assert (replica["checkedAt"] is not None, replica["error"], replica["cid"]) == (True, None, None)
    assert httpx.get(primary["url"]).content == make_picture(seed=32)
    assert (replica["url"] is None) == (names[1] == "local")
    if replica["url"]:
        assert httpx.get(replica["url"]).content == make_picture(seed=32)
    assert pair.replicas(image_id, stranger) == []


def test_a_damaged_primary_is_read_past_and_mended(pair: Pair) -> None:
    image_id, data = pair.upload(seed=33), make_picture(seed=33)
    wait_until(lambda: pair.states(image_id) == ["STORED", "STORED"])
    damaged = data[:300] + bytes([data[300] ^ 1]) + data[301:]
    asyncio.run(damage(pair, f"{image_id}.jpeg", damaged))

    answer = httpx.get(f"{pair.server.url}/media/{image_id}.jpeg")

    assert (answer.status_code, answer.content) == (200, data)
    wait_until(lambda: primary_bytes(pair, image_id) == data)


async def damage(pair: Pair, key: str, data: bytes) -> None:
    """Change what the primary holds, behind the server's back."""
    if pair.server.settings["GF_STORAGE"].startswith("local"):
        pair.path(key).write_bytes(data)
        return
    async with open_client(aioboto3.Session(), pair.place) as client:
        head = await client.head_object(Bucket=pair.place.bucket, Key=key)
        await client.put_object(Bucket=pair.place.bucket, Key=key, Body=data, Metadata=head["Metadata"])


def primary_bytes(pair: Pair, image_id: str) -> bytes | None:
    is_local = pair.server.settings["GF_STORAGE"].startswith("local")
    return (pair.in_folder(image_id) if is_local else pair.in_bucket(image_id))[0]


def test_nothing_is_lost_when_the_server_is_killed_while_it_replicates(pair: Pair) -> None:
    payloads = [pair.server.upload(make_picture(seed=seed), "JPEG") for seed in range(40, 60)]
    pair.server.kill()
    pair.server.start()

    ids = [payload["image"]["id"] for payload in payloads]
    wait_until(lambda: all(pair.states(image_id) == ["STORED", "STORED"] for image_id in ids), 2 * WAIT_S)
    wait_until(lambda: all(pair.in_folder(image_id) == pair.in_bucket(image_id) for image_id in ids))

    assert [pair.in_folder(image_id)[0] for image_id in ids] == [make_picture(seed=seed) for seed in range(40, 60)]
    assert all(None not in pair.in_folder(image_id) for image_id in ids)
