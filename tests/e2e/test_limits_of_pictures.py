"""Limits of pictures as the operator sets them, on a real server."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.imaging.making import make_scan_bomb, png_chunk
from tests.imaging.processes import descendants
from tests.pictures import make_picture
from tests.serving import RunningServer

MEMORY_BYTES = 700 * 2**20


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {
        "GF_MAX_FRAME_PIXELS": "10000",
        "GF_MAX_SCANS": "12",
        "GF_MAX_PARTS": "30",
        "GF_DECODE_TIMEOUT_S": "3",
        "GF_DECODE_MEMORY_BYTES": str(MEMORY_BYTES),
    }
    server = RunningServer(tmp_path_factory.mktemp("strict") / "data", settings)
    server.start()
    yield server
    server.stop()


def make_film(frames: int) -> bytes:
    buffer = BytesIO()
    shades = [Image.new("RGB", (50, 40), (40 * number, 0, 0)) for number in range(frames)]
    shades[0].save(buffer, "GIF", save_all=True, append_images=shades[1:])
    return buffer.getvalue()


def make_wordy(words: int) -> bytes:
    data = make_picture("PNG", (90, 90))
    return data[:33] + png_chunk(b"tEXt", b"a\0b") * words + data[33:]


PICTURES = {
    "frames": ("GIF", make_film(6), make_film(5), "TOO_MANY_FRAMES"),
    "scans": ("JPEG", make_scan_bomb((90, 90), 12), make_scan_bomb((90, 90), 1), "TOO_MANY_SCANS"),
    "parts": ("PNG", make_wordy(40), make_wordy(20), "TOO_MANY_PARTS"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_refuses_what_is_over_a_limit_and_takes_what_is_not(strict: RunningServer, name: str) -> None:
    image_format, over, within, code = PICTURES[name]

    refused, taken = strict.upload(over, image_format), strict.upload(within, image_format)

    assert [error["code"] for error in refused["userErrors"]] == [code]
    assert taken["userErrors"] == []
    assert strict.watch_to_end(taken["job"]["id"])[-1]["job"]["state"] == "COMPLETED"


def test_imaging_processes_have_the_memory_that_was_set(strict: RunningServer) -> None:
    assert strict.process is not None

    held = [process for process in descendants(strict.process.pid) if address_space_of(process) == str(MEMORY_BYTES)]

    assert len(held) >= 2


def test_a_picture_has_the_time_that_was_set(strict: RunningServer) -> None:
    assert strict.process is not None
    payload = strict.upload(make_picture("PNG", (90, 90), seed=3), "PNG")
    strict.watch_to_end(payload["job"]["id"])

    times = [limit_of(process, "Max cpu time") for process in descendants(strict.process.pid)]

    assert any(time.isdecimal() and 3 <= int(time) <= 10 for time in times)


def address_space_of(process: int) -> str:
    return limit_of(process, "Max address space")


def limit_of(process: int, name: str) -> str:
    """Return a soft limit of a process, as the kernel tells it."""
    lines = Path(f"/proc/{process}/limits").read_text().splitlines()
    return next(line[len(name) :].split()[0] for line in lines if line.startswith(name))
