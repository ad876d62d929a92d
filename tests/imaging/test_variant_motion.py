"""Variants that move: every frame as players show it, for its time, within bounds."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from app.domain.errors import InvalidInput
from app.domain.variant import Fit, Gravity, VariantFormat, VariantSpec
from app.imaging.variant import render_variant
from tests.imaging.making import LIMITS, assert_near

SIZE = (64, 48)
RED, GREEN, BLUE = (200, 30, 30, 255), (30, 200, 30, 255), (30, 30, 200, 255)
CLEAR = (0, 0, 0, 0)
LEFT, RIGHT = (16, 24), (48, 24)
"""The middles of both halves."""


def make_half(color: tuple, side: int) -> Image.Image:
    """Return a frame that is clear but for one half: 0 the left one, 1 the right one.

    Marks in the corners keep the encoder from cutting off what is clear, which Pillow's reader takes for black.
    """
    frame = Image.new("RGBA", SIZE, CLEAR)
    for corner in ((0, 0), (56, 40)):
        frame.paste((0, 0, 0, 255), (*corner, corner[0] + 8, corner[1] + 8))
    frame.paste(color, (32 * side, 0, 32 * side + 32, 48))
    return frame


def move(path: Path, **options: object) -> Image.Image:
    spec = VariantSpec(**{"format": VariantFormat.WEBP, "is_animated": True, **options})
    made = render_variant(path, spec, LIMITS)
    assert made.format is VariantFormat.WEBP
    return Image.open(BytesIO(made.data))


def frames_of(animation: Image.Image) -> list[Image.Image]:
    return [frame.convert("RGBA") for frame in ImageSequence.Iterator(animation)]


def mean_of(frame: Image.Image) -> tuple[int, ...]:
    """Return the mean colour over white."""
    white = Image.new("RGBA", frame.size, "white")
    return Image.alpha_composite(white, frame).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))


def assert_halves(frame: Image.Image, left: tuple, right: tuple) -> None:
    for at, expected in ((LEFT, left), (RIGHT, right)):
        x, y = at[0] * frame.width // 64, at[1] * frame.height // 48
        color = frame.getpixel((x, y))
        if expected == CLEAR:
            assert color[3] < 5, color
        else:
            assert_near(color, expected, 14)


@pytest.mark.parametrize(
    ("disposal", "expected"),
    [
        (0, [(RED, CLEAR), (RED, GREEN), (BLUE, GREEN)]),
        (1, [(RED, CLEAR), (RED, GREEN), (BLUE, GREEN)]),
        (2, [(RED, CLEAR), (CLEAR, GREEN), (BLUE, CLEAR)]),
    ],
)
def test_frames_of_a_gif_are_laid_over_each_other_as_it_says(tmp_path: Path, disposal: int, expected: list) -> None:
    first, *rest = make_half(RED, 0), make_half(GREEN, 1), make_half(BLUE, 0)
    path = tmp_path / "halves.gif"
    first.save(path, save_all=True, append_images=rest, duration=[40, 50, 60], loop=2, disposal=disposal)

    animation = move(path)

    assert (animation.size, animation.n_frames, animation.info["loop"]) == (SIZE, 3, 3)
    for frame, halves in zip(frames_of(animation), expected, strict=True):
        assert_halves(frame, *halves)


@pytest.mark.parametrize("suffix", ["png", "webp", "avif"])
def test_every_moving_format_keeps_its_frames_and_times(tmp_path: Path, suffix: str) -> None:
    first, *rest = (Image.new("RGB", SIZE, color[:3]) for color in (RED, GREEN, BLUE))
    path = tmp_path / f"colors.{suffix}"
    first.save(path, save_all=True, append_images=rest, duration=[100, 200, 300], loop=0)

    animation = move(path, width=32)
    durations = []
    for number in range(animation.n_frames):
        animation.seek(number)
        animation.load()
        durations.append(animation.info["duration"])

    assert (animation.size, durations, animation.info["loop"]) == ((32, 24), [100, 200, 300], 0)
    for frame, color in zip(frames_of(animation), (RED, GREEN, BLUE), strict=True):
        assert_halves(frame, color, color)


@pytest.mark.parametrize(("disposal", "second"), [(0, (RED, GREEN)), (1, (CLEAR, GREEN)), (2, (CLEAR, GREEN))])
def test_frames_of_a_png_are_disposed_of_as_it_says(tmp_path: Path, disposal: int, second: tuple) -> None:
    path = tmp_path / "halves.png"
    frames = [make_half(RED, 0), make_half(GREEN, 1)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50, disposal=disposal, blend=1)

    shown = frames_of(move(path))

    assert_halves(shown[0], RED, CLEAR)
    assert_halves(shown[1], *second)


def test_a_still_for_those_who_know_no_animation_is_no_frame_of_it(tmp_path: Path) -> None:
    path = tmp_path / "fallback.png"
    still, *moving = (Image.new("RGB", SIZE, color[:3]) for color in (RED, GREEN, BLUE))
    still.save(path, save_all=True, append_images=moving, default_image=True, duration=50)

    frames = frames_of(move(path))

    assert len(frames) == 2
    assert_halves(frames[0], GREEN, GREEN)


def test_what_else_is_asked_for_is_done_to_every_frame(tmp_path: Path) -> None:
    first, *rest = make_half(RED, 0), make_half(GREEN, 1), make_half(BLUE, 0)
    path = tmp_path / "halves.gif"
    first.save(path, save_all=True, append_images=rest, disposal=2)

    frames = frames_of(move(path, width=24, height=64, fit=Fit.FILL, rotate=90, background="#ffffff"))

    white = (255, 255, 255, 255)
    for frame, upper, lower in zip(frames, (RED, white, BLUE), (white, GREEN, white), strict=True):
        assert frame.size == (24, 64)
        assert_near(frame.getpixel((12, 16)), upper, 14)
        assert_near(frame.getpixel((12, 48)), lower, 14)


def test_attention_is_held_where_the_first_frame_draws_it(tmp_path: Path) -> None:
    gray = Image.new("RGB", (160, 40), "#808080")
    shots = []
    for left in (120, 0):
        shot = gray.copy()
        shot.paste("#e01010", (left + 5, 5, left + 35, 35))
        shots.append(shot)
    path = tmp_path / "jumping.png"
    shots[0].save(path, save_all=True, append_images=shots[1:], duration=50)

    frames = frames_of(move(path, width=40, height=40, fit=Fit.COVER, gravity=Gravity.ATTENTION))

    assert frames[0].getpixel((20, 20))[0] > 200
    assert_near(frames[1].getpixel((20, 20)), (128, 128, 128, 255), 6)


def test_a_still_picture_stays_still(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    Image.new("RGB", SIZE, "teal").save(path)

    assert getattr(move(path), "n_frames", 1) == 1


def test_too_many_pixels_in_all_are_refused_before_any_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "long.gif"
    first, *rest = (Image.new("L", (400, 300), shade) for shade in range(100))
    first.save(path, save_all=True, append_images=rest)

    with pytest.raises(InvalidInput, match="in all"):
        move(path, width=800, height=600, fit=Fit.FILL)


def test_real_animations_look_as_their_stills(corpora: Path) -> None:
    for name in ("animated-loop-3.gif", "animated-loop-3.webp", "rotating-squares.gif"):
        path = corpora / "photos" / name
        frames = frames_of(move(path, width=80, quality=90))
        for number in range(0, len(frames), max(1, len(frames) // 4)):
            still = render_variant(path, VariantSpec(80, format=VariantFormat.PNG, frame=number), LIMITS)
            expected = Image.open(BytesIO(still.data)).convert("RGBA")
            assert_near(mean_of(frames[number]), mean_of(expected), 4)
