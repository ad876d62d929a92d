"""Edits: pictures of each operation and mode, exact sizes, the formulas of CSS, and the same bytes each time."""

import hashlib
import random
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from app.domain import edit
from app.domain.edit import EditOperation
from app.domain.edit_sizes import SizeLimits, edited_size
from app.domain.errors import InvalidInput
from app.domain.image import ImageFormat
from app.domain.placing import Crop
from app.imaging.edits.assets import NO_OVERLAYS, Overlays
from app.imaging.edits.replay import apply, replay
from app.imaging.limits import PoolLimits
from app.imaging.pool import open_pool
from tests.imaging.edit_pictures import OPERATIONS, golden, save_mark, sheet
from tests.imaging.making import LIMITS, exif_with_orientation, make_quarters, make_ripples, save

TOLERANCE = 12
"""Steps of 255 in any pixel: other versions of the JPEG decoder and of FreeType round in their own way."""

SIZE_LIMITS = SizeLimits(LIMITS.max_pixels, LIMITS.max_side)


def edited(path: Path, *operations: EditOperation, overlays: Overlays = NO_OVERLAYS) -> Image.Image:
    return Image.open(BytesIO(replay(path, operations, overlays, LIMITS).data))


@pytest.mark.parametrize("name", OPERATIONS)
def test_looks_as_it_did(name: str, tmp_path: Path) -> None:
    expected = golden(name)

    actual = sheet(name, tmp_path)

    assert actual.size == expected.size
    # What is clear has no colour that could be compared.
    pairs = (
        Image.alpha_composite(Image.new("RGBA", actual.size, ground), picture).convert("RGB")
        for ground in ("black", "white")
        for picture in (actual, expected)
    )
    differences = [ImageChops.difference(*pair) for pair in zip(pairs, pairs, strict=True)]
    assert max(high for difference in differences for _, high in difference.getextrema()) <= TOLERANCE


def test_sizes_are_known_beforehand(tmp_path: Path) -> None:
    chooser = random.Random(5)
    for number in range(60):
        size = chooser.randrange(1, 200), chooser.randrange(1, 200)
        path = save(Image.new("RGB", size, "teal"), tmp_path / f"{number}.png")
        operations = (
            edit.Rotate(chooser.choice([90.0, -180.0, 270.0, chooser.uniform(-360, 360)])),
            edit.Resize(chooser.randrange(1, 300), chooser.choice([None, chooser.randrange(1, 300)])),
        )

        assert edited(path, *operations).size == edited_size(operations, size, SIZE_LIMITS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_edits_what_is_shown(orientation: int, tmp_path: Path) -> None:
    stored = make_ripples(60, 40)
    path = tmp_path / "turned.png"
    stored.save(path, exif=exif_with_orientation(orientation))

    shown, part = edited(path, edit.Brightness(1)), edited(path, Crop(0, 0, 20, 30))

    assert shown.size == ((40, 60) if orientation > 4 else (60, 40))
    assert part.tobytes() == shown.crop((0, 0, 20, 30)).tobytes()


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (edit.Brightness(0.5), (200, 100, 51), (100, 50, 26)),
        (edit.Contrast(2), (200, 100, 130), (255, 72, 132)),
        (edit.Saturation(0), (255, 0, 0), (54, 54, 54)),
        (edit.Grayscale(), (0, 255, 0), (182, 182, 182)),
        (edit.Grayscale(0), (10, 20, 30), (10, 20, 30)),
        (edit.Sepia(), (255, 0, 0), (100, 89, 69)),
        (edit.Hue(0), (12, 34, 56), (12, 34, 56)),
        (edit.Hue(180), (255, 0, 0), (0, 109, 109)),
    ],
)
def test_colors_are_those_of_css(operation: EditOperation, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """`test_edit_css.py` asks a browser for more of them."""
    picture = apply(Image.new("RGB", (1, 1), before), operation, NO_OVERLAYS)

    assert max(abs(a - b) for a, b in zip(picture.getpixel((0, 0)), after, strict=True)) <= 1


@pytest.mark.parametrize(
    "operation",
    [operation for name, operation in OPERATIONS.items() if name not in ("text", "watermark", "rotate_over_color")],
)
def test_what_is_clear_stays_clear(operation: EditOperation, tmp_path: Path) -> None:
    path = save(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), tmp_path / "clear.png")

    assert edited(path, operation).getchannel("A").getextrema() == (0, 0)


def test_a_seed_always_gives_the_same_grain() -> None:
    gray = Image.new("RGB", (300, 600), (128, 128, 128))

    grains = [apply(gray, edit.Noise(20, seed), NO_OVERLAYS).tobytes() for seed in (1, 1, 2)]

    assert grains[0] == grains[1] != grains[2]
    assert hashlib.sha256(grains[0]).hexdigest() == "94c9f1f54a16648e261b285192697a6d9d66cd3f4d6231b8f1ccdc8a09c90fe6"
    deviation = (sum((value - 128) ** 2 for value in grains[0]) / len(grains[0])) ** 0.5
    assert deviation == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [("JPEG", "JPEG"), ("PNG", "PNG"), ("GIF", "PNG"), ("WEBP", "WEBP"), ("AVIF", "AVIF")],
)
def test_keeps_the_format_where_it_can(stored: str, expected: str, tmp_path: Path) -> None:
    path = save(make_quarters(), tmp_path / f"picture.{stored.lower()}")

    made = replay(path, (edit.Rotate(45),), NO_OVERLAYS, LIMITS)

    assert (made.format, Image.open(BytesIO(made.data)).format) == (ImageFormat(expected), expected)


def test_carries_nothing_but_pixels(tmp_path: Path) -> None:
    path = tmp_path / "private.jpeg"
    make_quarters().save(path, exif=exif_with_orientation(3), comment=b"at home", icc_profile=b"x" * 500)

    made = edited(path, edit.Brightness(1))

    assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not made.getexif()


def test_text_beyond_the_edges_is_cut_off(tmp_path: Path) -> None:
    path = save(Image.new("RGB", (50, 20), "black"), tmp_path / "black.png")

    shown, beyond = (edited(path, edit.Text("WWW", x=x, y=-4, size=24)) for x in (-20, 60))

    assert shown.convert("L").getextrema() == (0, 255)
    assert beyond.convert("L").getextrema() == (0, 0)


def test_a_watermark_needs_a_picture(tmp_path: Path) -> None:
    path = save(make_quarters(), tmp_path / "picture.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")

    for overlays in (NO_OVERLAYS, Overlays(watermark=str(tmp_path / "broken.png"))):
        with pytest.raises(InvalidInput, match="watermark"):
            edited(path, edit.Watermark(), overlays=overlays)


def test_a_watermark_is_never_higher_than_the_picture(tmp_path: Path) -> None:
    path = save(Image.new("RGB", (400, 6), "black"), tmp_path / "flat.png")

    marked = edited(path, edit.Watermark(scale=1, opacity=1), overlays=Overlays(watermark=str(save_mark(tmp_path))))

    assert marked.size == (400, 6)
    assert marked.getpixel((399, 0)) == (255, 0, 255)


async def test_every_process_makes_the_same_bytes(tmp_path: Path) -> None:
    path = save(make_ripples(90, 60), tmp_path / "picture.jpeg")
    operations = tuple(operation for name, operation in OPERATIONS.items() if name != "watermark")

    made = []
    for _ in range(2):
        async with open_pool(LIMITS, PoolLimits(processes=1)) as pool:
            made.append(await pool.edit(path, operations))

    assert made[0] == made[1] == replay(path, operations, NO_OVERLAYS, LIMITS)


def test_refuses_what_does_not_fit(tmp_path: Path) -> None:
    path = save(make_quarters((120, 80)), tmp_path / "picture.png")

    with pytest.raises(InvalidInput) as refused:
        replay(path, (edit.Rotate(90), Crop(0, 0, 100, 80)), NO_OVERLAYS, LIMITS)

    assert refused.value.field == ("operations", "1", "crop")
