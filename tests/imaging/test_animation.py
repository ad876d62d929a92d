"""Animations: how long they last, how often they play, and each frame as it is shown."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.domain.animation import Animation
from app.domain.errors import InvalidInput
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.limits import ImageLimits
from app.imaging.pipeline import render
from app.imaging.variant import render_variant

LIMITS = ImageLimits()
COLORS = ["red", "lime", "blue"]
DURATIONS_MS = [100, 250, 400]


def save(path: Path, frames: list[Image.Image], **options: Any) -> Path:
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=DURATIONS_MS[: len(frames)], **options)
    return path


def plain_frames() -> list[Image.Image]:
    return [Image.new("RGB", (40, 30), color) for color in COLORS]


@pytest.mark.parametrize(
    ("name", "options", "loop_count"),
    [
        ("once.gif", {}, 1),
        ("ever.gif", {"loop": 0}, 0),
        ("thrice.gif", {"loop": 2}, 3),
        ("ever.webp", {"loop": 0}, 0),
        ("twice.webp", {"loop": 2}, 2),
        ("ever.png", {"loop": 0}, 0),
        ("four.png", {"loop": 4}, 4),
        ("ever.avif", {}, 0),
    ],
)
def test_reads_frames_duration_and_loops(tmp_path: Path, name: str, options: dict[str, int], loop_count: int) -> None:
    path = save(tmp_path / name, plain_frames(), **options)

    animation = render(path, LIMITS).derived.animation

    assert animation == Animation(frame_count=3, duration_ms=750, loop_count=loop_count)


@pytest.mark.parametrize("name", ["still.gif", "still.webp", "still.png", "still.avif", "still.jpg"])
def test_a_still_picture_does_not_move(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / name)

    assert render(tmp_path / name, LIMITS).derived.animation is None


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.avif"])
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_shows_each_frame(tmp_path: Path, name: str, frame: int) -> None:
    path = save(tmp_path / name, plain_frames())

    made = render_variant(path, VariantSpec(width=20, format=VariantFormat.PNG, frame=frame), LIMITS)

    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.size == (20, 15)
        shown, wanted = (
            picture.convert("RGB").getpixel((10, 7)),
            Image.new("RGB", (1, 1), COLORS[frame]).getpixel((0, 0)),
        )
    assert max(abs(a - b) for a, b in zip(shown, wanted, strict=True)) <= 6


@pytest.mark.parametrize(("disposal", "left"), [(1, (0, 255, 0, 255)), (2, (0, 0, 0, 0)), (3, (255, 0, 0, 255))])
def test_disposes_of_frames_as_a_gif_says(tmp_path: Path, disposal: int, left: tuple[int, int, int, int]) -> None:
    """A red frame; a green patch, disposed of; a blue patch elsewhere: what is left where the green one was."""
    red = Image.new("RGBA", (40, 30), "red")
    green, blue = (Image.new("RGBA", (40, 30), (0, 0, 0, 0)) for _ in range(2))
    green.paste((0, 255, 0, 255), (0, 0, 10, 10))
    blue.paste((0, 0, 255, 255), (20, 20, 30, 30))
    path = save(tmp_path / "patches.gif", [red, green, blue], disposal=[1, disposal, 1], optimize=False)

    made = render_variant(path, VariantSpec(format=VariantFormat.PNG, frame=2), LIMITS)

    with Image.open(io.BytesIO(made.data)) as picture:
        shown = picture.convert("RGBA")
    assert [shown.getpixel(place) for place in ((5, 5), (25, 25))] == [left, (0, 0, 255, 255)]


def test_refuses_a_frame_that_is_not_there(tmp_path: Path) -> None:
    path = save(tmp_path / "a.gif", plain_frames())

    with pytest.raises(InvalidInput, match="`frame` is 3; the image has 3"):
        render_variant(path, VariantSpec(frame=3), LIMITS)


@pytest.mark.parametrize(
    ("frame_count", "frames"),
    [(2, (0, 1)), (10, tuple(range(10))), (25, (0, 2, 5, 7, 10, 12, 15, 17, 20, 22)), (500, tuple(range(0, 500, 50)))],
)
def test_spreads_its_preview_evenly(frame_count: int, frames: tuple[int, ...]) -> None:
    assert Animation(frame_count, 0, 0).preview_frames == frames
