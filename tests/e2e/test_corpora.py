"""Real photographs, legal oddities and hostile files, through the whole server."""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops, ImageStat

from app.domain.image import fit_within
from tests.serving import RunningServer

FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "avif": "AVIF"}
BOUNDS = (150, 400, 800)

REFUSALS = {
    "NOT_AN_IMAGE",
    "UNSUPPORTED_FORMAT",
    "CORRUPT",
    "TOO_MANY_PIXELS",
    "TOO_MANY_FRAMES",
    "TOO_MANY_SCANS",
    "TOO_MANY_PARTS",
    "TYPE_MISMATCH",
    "TOO_LARGE",
}


def test_makes_every_photograph_ready(shared_server: RunningServer, corpora: Path) -> None:
    photographs = [path for path in sorted((corpora / "photos").iterdir()) if _format(path)]

    ends = {path.name: _upload(shared_server, path) for path in photographs}

    assert len(photographs) == 25
    assert {name for name, image in ends.items() if image["state"] != "READY"} == set()
    for image in ends.values():
        for variant, bound in zip(image["thumbnails"], BOUNDS, strict=True):
            thumbnail = Image.open(io.BytesIO(httpx.get(variant["url"]).content))
            assert thumbnail.size == (variant["width"], variant["height"])
            assert thumbnail.size == fit_within(image["width"], image["height"], bound)


@pytest.mark.parametrize(("kind", "ratio"), [("Landscape", 4 / 3), ("Portrait", 3 / 4)])
def test_turns_every_photograph_upright(shared_server: RunningServer, corpora: Path, kind: str, ratio: float) -> None:
    paths = sorted((corpora / "photos").glob(f"{kind}_*.jpg"))

    images = [_upload(shared_server, path) for path in paths]
    pictures = [Image.open(io.BytesIO(httpx.get(image["thumbnails"][0]["url"]).content)) for image in images]

    assert len(images) == 4
    assert [image["width"] / image["height"] for image in images] == [ratio] * 4
    for picture in pictures[1:]:
        difference = ImageStat.Stat(ImageChops.difference(pictures[0].convert("L"), picture.convert("L")))
        assert difference.mean[0] < 20  # of 255; another orientation of these pictures has 40 and more


def test_accepts_every_legal_png(shared_server: RunningServer, corpora: Path) -> None:
    paths = sorted((corpora / "benign" / "pngsuite").glob("*.png"))

    ends = {path.name: _upload(shared_server, path)["state"] for path in paths}

    assert len(paths) == 162
    assert {name: state for name, state in ends.items() if state != "READY"} == {}


def test_brings_every_bomb_to_an_end_and_goes_on_answering(shared_server: RunningServer, corpora: Path) -> None:
    paths = sorted((corpora / "hostile" / "bombs").iterdir())
    jobs, refused = {}, {}

    for path in paths:
        if path.stat().st_size == 0:
            continue
        payload = shared_server.upload(path.read_bytes(), _format(path) or "PNG")
        assert shared_server.graphql("{ server { version } }")
        if payload["userErrors"]:
            refused[path.name] = payload["userErrors"][0]["code"]
        else:
            jobs[path.name] = payload["job"]["id"]
    ends = {name: shared_server.watch_to_end(job_id)[-1]["job"]["state"] for name, job_id in jobs.items()}

    assert set(refused.values()) <= REFUSALS
    assert set(ends.values()) <= {"COMPLETED", "FAILED"}
    assert {name for name in [*refused, *ends] if "legal" in name} <= set(ends)
    assert {ends[name] for name in ends if "legal" in name} == {"COMPLETED"}


def _upload(server: RunningServer, path: Path) -> dict[str, Any]:
    """Return the image as the last event of its job shows it."""
    payload = server.upload(path.read_bytes(), _format(path) or "", name=path.name, flows=["corpora"])
    assert payload["userErrors"] == [], (path.name, payload["userErrors"])
    last = server.watch_to_end(payload["job"]["id"])[-1]
    return {**payload["image"], **last["image"]}


def _format(path: Path) -> str | None:
    """Return the format that a file's name promises; None for what is not taken by default."""
    return FORMATS.get(path.suffix.lstrip(".").lower())
