"""Videos from outside: a frame becomes the image where ffmpeg is installed."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.origins import Origin, open_origin, whole
from tests.serving import RunningServer

START = """mutation ($url: String!) { startJob(input: {external: {images: [{url: $url}]}}) { job { id }
  userErrors { code } } }"""
JOB = """query ($id: ID!) { job(id: $id) { items { attempts error { code message }
  image { state format width height title url originUrl } } } }"""
LENGTHS_S = {"long.mp4": 2, "short.mp4": 0.4, "long.webm": 2}
HEADER = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Films that are red for the first half second and blue from then on."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg")
    folder = tmp_path_factory.mktemp("videos")
    for name, length_s in LENGTHS_S.items():
        codec = "mpeg4" if name.endswith("mp4") else "libvpx"
        colors = "color=red:s=320x180:d=0.5,format=yuv420p[a];color=blue:s=320x180:d=5,format=yuv420p[b];[a][b]concat"
        subprocess.run(
            ["ffmpeg", "-v", "error", "-filter_complex", colors, "-t", str(length_s), "-c:v", codec, folder / name],
            check=True,
            timeout=60,
        )
    return {name: (folder / name).read_bytes() for name in LENGTHS_S}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("server") / "data", {"GF_FETCH_ALLOW_CIDRS": "127.0.0.1/32"})
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with open_origin() as opened:
        yield opened


def take_in(server: RunningServer, url: str) -> dict[str, Any]:
    job_id = server.graphql(START, url=url)["startJob"]["job"]["id"]
    server.watch_to_end(job_id)
    [item] = server.graphql(JOB, id=job_id)["job"]["items"]
    return dict(item)


@pytest.mark.parametrize(
    ("name", "color"), [("long.mp4", (0, 0, 254)), ("long.webm", (0, 0, 254)), ("short.mp4", (254, 0, 0))]
)
def test_shows_the_frame_at_one_second(
    server: RunningServer, origin: Origin, videos: dict[str, bytes], name: str, color: tuple[int, int, int]
) -> None:
    origin.pages[f"/{name}"] = whole(videos[name])

    image = take_in(server, origin.url(f"/{name}"))["image"]

    with Image.open(io.BytesIO(httpx.get(image.pop("url")).content)) as frame:
        shown = frame.convert("RGB").getpixel((160, 90))
    assert max(abs(a - b) for a, b in zip(shown, color, strict=True)) <= 8
    assert image == {
        "state": "READY",
        "format": "JPEG",
        "width": 320,
        "height": 180,
        "title": name.partition(".")[0],
        "originUrl": origin.url(f"/{name}"),
    }


@pytest.mark.parametrize("cut", [40, 400])
def test_refuses_a_broken_video(server: RunningServer, origin: Origin, videos: dict[str, bytes], cut: int) -> None:
    origin.pages[f"/cut{cut}.mp4"] = whole(videos["long.mp4"][:cut])

    item = take_in(server, origin.url(f"/cut{cut}.mp4"))

    assert (item["image"], item["attempts"], item["error"]["code"]) == (None, 1, "CORRUPT")


def test_opens_nothing_that_a_video_names(server: RunningServer, origin: Origin, tmp_path: Path) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    origin.pages["/list.mp4"] = whole(HEADER + playlist)

    assert take_in(server, origin.url("/list.mp4"))["error"]["code"] in {"CORRUPT", "UNSUPPORTED_FORMAT"}


def test_says_that_ffmpeg_is_missing(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path / "bin"))
    origin.pages["/film.mp4"] = whole(HEADER)
    running = RunningServer(tmp_path / "data", {"GF_FETCH_ALLOW_CIDRS": "127.0.0.1/32"})
    running.start()

    item = take_in(running, origin.url("/film.mp4"))
    running.stop()

    assert item["error"] == {
        "code": "UNSUPPORTED_FORMAT",
        "message": "The file is a video: to take a frame of it the server needs ffmpeg.",
    }
