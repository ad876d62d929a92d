"""The primary is gone under load: a real S3 server that is killed or frozen, or a folder that is taken away."""

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.pictures import make_picture
from tests.s3_server import Gateway, S3Server
from tests.serving import RunningServer

STATES = "query ($id: ID!) { image(id: $id) { sha256 replicas { state } } }"
OUTAGE_S = 15.0
RETURN_S = 60.0
FIRST_SEED, SEED = 700, 800

PUT_S = 3.0
"""As long as this client waits for a bucket."""

REFUSALS = {"STORAGE_UNAVAILABLE", "503", "ConnectError", "ReadTimeout", "RemoteProtocolError", "ReadError"}
"""What an upload may meet: an error of this server, or the silence of the bucket to which it had the address before."""


@dataclass
class Load:
    """A reader and an uploader, at work until they are told to stop."""

    server: RunningServer
    images: dict[str, bytes]
    reads: list[tuple[float, str]] = field(default_factory=list)
    """When, and `ok` or what went wrong."""
    refused: list[tuple[float, str]] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    """What was acknowledged."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        self.threads = [threading.Thread(target=work) for work in (self._read, self._upload)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def _read(self) -> None:
        while not self.stopping.is_set():
            for image_id, data in self.images.items():
                try:
                    answer = httpx.get(f"{self.server.url}/media/{image_id}.jpeg", timeout=20)
                    outcome = "ok" if answer.content == data else f"{answer.status_code} {answer.text[:100]}"
                except httpx.HTTPError as error:
                    outcome = type(error).__name__
                self.reads.append((time.monotonic(), outcome))

    def _upload(self) -> None:
        seed = SEED
        while not self.stopping.is_set():
            seed += 1
            data = make_picture(seed=seed)
            try:
                code, image_id = self._upload_one(data)
            except httpx.HTTPError as error:
                code, image_id = type(error).__name__, ""
            if code:
                self.refused.append((time.monotonic(), code))
                self.stopping.wait(0.2)
            else:
                self.kept[image_id] = data

    def _upload_one(self, data: bytes) -> tuple[str, str]:
        """Return why an upload was refused, and the image's id when it was acknowledged."""
        started = self.server.init(data, "JPEG")
        if started["userErrors"]:
            return started["userErrors"][0]["code"], ""
        upload = started["upload"]
        headers = {header["name"]: header["value"] for header in upload["headers"]}
        answer = httpx.put(upload["url"], content=data, headers=headers, timeout=PUT_S)
        if answer.status_code != 200:
            return str(answer.status_code), ""
        payload: dict[str, Any] = self.server.complete(upload["imageId"])
        if payload["userErrors"]:
            return payload["userErrors"][0]["code"], ""
        return "", payload["image"]["id"]


@pytest.fixture(params=["killed", "frozen", "taken away"])
def outage(
    request: pytest.FixtureRequest, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningServer, Any, Any]]:
    """A server, and how its primary goes and comes back."""
    storage = "local,s3" if request.param == "taken away" else "s3,local"
    settings = s3_server.settings | {"GF_STORAGE": storage, "GF_S3_BUCKET": s3_server.new_place().bucket}
    server = RunningServer(tmp_path_factory.mktemp("outage") / "data", settings | {"GF_RATE_LIMITS": "off"})
    server.run_cli("storage", "setup")
    server.start()
    gateway: Gateway | None = None if storage.startswith("local") else request.getfixturevalue("s3_gateway")
    folder = server.data_dir / "objects"

    def take_away() -> None:
        folder.rename(folder.with_name("away"))
        folder.touch()

    def bring_back() -> None:
        folder.unlink()
        folder.with_name("away").rename(folder)

    if gateway is None:
        yield server, take_away, bring_back
    elif request.param == "killed":
        yield server, gateway.kill, gateway.start
    else:
        yield server, gateway.freeze, gateway.thaw
    server.stop()


def is_everywhere(server: RunningServer, image_id: str) -> bool:
    image = server.graphql(STATES, id=image_id)["image"]
    return [replica["state"] for replica in image["replicas"]] == ["STORED", "STORED"]


def wait_until_everywhere(server: RunningServer, ids: list[str], timeout_s: float) -> None:
    """Return once each image is in every store."""
    begun = time.monotonic()
    left = list(ids)
    while left := [image_id for image_id in left if not is_everywhere(server, image_id)]:
        assert time.monotonic() - begun < timeout_s, f"{len(left)} of {len(ids)} images are not everywhere"
        time.sleep(0.5)


def test_reads_go_on_uploads_are_refused_and_all_is_replicated_once_the_primary_is_back(outage) -> None:
    server, go, come_back = outage
    images = {server.upload(data, "JPEG")["image"]["id"]: data for data in map(picture, range(3))}
    wait_until_everywhere(server, list(images), RETURN_S)

    with Load(server, images) as load:
        time.sleep(3)
        gone_at = time.monotonic()
        go()
        time.sleep(OUTAGE_S)
        during = httpx.get(f"{server.url}/readyz", timeout=10)
        come_back()
        back_at, kept = time.monotonic(), len(load.kept)
        while len(load.kept) == kept:
            assert time.monotonic() < back_at + RETURN_S, "uploads did not go on"
            time.sleep(0.1)
    wait_until_everywhere(server, list(load.kept), RETURN_S - (time.monotonic() - back_at))

    refused = [code for at, code in load.refused if gone_at < at < back_at]
    read = [outcome for at, outcome in load.reads if gone_at < at < back_at]
    assert [outcome for _, outcome in load.reads if outcome != "ok"] == []
    assert len(read) > 5
    assert "STORAGE_UNAVAILABLE" in refused
    assert set(refused) <= REFUSALS
    assert during.status_code == 200
    assert sorted(during.json().values()).count("failed") == 1
    for image_id, data in load.kept.items():
        assert server.graphql(STATES, id=image_id)["image"]["sha256"] == hashlib.sha256(data).hexdigest()


def picture(number: int) -> bytes:
    return make_picture(seed=FIRST_SEED + number)
