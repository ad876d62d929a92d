"""Colours, from every mode that the formats have, into sRGB over white."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.variant import render_variant
from tests.imaging.making import (
    LIMITS,
    assert_near,
    make_quarters,
    png_chunk,
    profile_of,
    rendered,
    save,
    wide_profile,
)

CLOSE = 3
"""8-bit steps that encoding a flat colour as JPEG may cost."""


@pytest.mark.parametrize("size", [(8, 8), (1000, 1000)])
@pytest.mark.parametrize(
    ("mode", "color", "shown"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("LA", (0, 255), (0, 0, 0)),
        ("LA", (0, 128), (127, 127, 127)),
        ("RGB", (200, 100, 50), (200, 100, 50)),
        ("RGBA", (200, 100, 50, 255), (200, 100, 50)),
        ("RGBA", (200, 100, 50, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 128), (255, 127, 127)),
        ("I;16", 0, (0, 0, 0)),
        ("I;16", 300, (1, 1, 1)),
        ("I;16", 32768, (128, 128, 128)),
        ("I;16", 65535, (255, 255, 255)),
    ],
)
def test_shows_every_mode_of_png(
    tmp_path: Path, mode: str, color: object, shown: tuple[int, int, int], size: tuple[int, int]
):
    path = save(Image.new(mode, size, color), tmp_path / "picture.png")

    assert_near(rendered(path).getpixel((4, 4)), shown, CLOSE)


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_shows_palettes_with_transparent_colors(tmp_path: Path, suffix: str):
    picture = Image.new("P", (64, 64), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(1, (32, 0, 64, 64))
    path = save(picture, tmp_path / f"picture.{suffix}", transparency=0)

    thumbnail = rendered(path)

    assert_near(thumbnail.getpixel((8, 32)), (255, 255, 255), CLOSE)
    assert_near(thumbnail.getpixel((56, 32)), (0, 0, 255), CLOSE)


def test_shows_palettes_with_an_alpha_for_each_color(tmp_path: Path):
    picture = Image.new("P", (64, 64), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    path = save(picture, tmp_path / "picture.png", transparency=bytes([0, 128]))

    assert_near(rendered(path).getpixel((32, 32)), (127, 127, 255), CLOSE)


@pytest.mark.parametrize(("mode", "key"), [("L", 60), ("RGB", (60, 60, 60)), ("I;16", 60)])
def test_a_transparent_key_color_is_white(tmp_path: Path, mode: str, key: object):
    path = save(Image.new(mode, (64, 64), key), tmp_path / "picture.png", transparency=key)

    assert_near(rendered(path).getpixel((32, 32)), (255, 255, 255), CLOSE)


@pytest.mark.parametrize("suffix", ["webp", "avif"])
def test_lays_alpha_over_white(tmp_path: Path, suffix: str):
    path = save(Image.new("RGBA", (64, 64), (0, 0, 255, 128)), tmp_path / f"picture.{suffix}", quality=95)

    assert_near(rendered(path).getpixel((32, 32)), (127, 127, 255), 5)


def test_hidden_colors_leave_no_fringe(tmp_path: Path):
    picture = Image.new("RGBA", (2000, 2000), (0, 0, 0, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 1001, 2000))
    path = save(picture, tmp_path / "picture.png")

    assert rendered(path).convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("inks", "shown"),
    [((0, 0, 0, 0), (255, 255, 255)), ((255, 0, 0, 0), (0, 255, 255)), ((0, 0, 0, 255), (0, 0, 0))],
)
def test_shows_cmyk(tmp_path: Path, inks: tuple[int, ...], shown: tuple[int, int, int]):
    path = save(Image.new("CMYK", (64, 64), inks), tmp_path / "picture.jpeg", quality=95)

    assert_near(rendered(path).getpixel((32, 32)), shown, CLOSE)


@pytest.mark.parametrize("suffix", ["jpeg", "png", "webp", "avif"])
def test_follows_the_profile(tmp_path: Path, suffix: str):
    path = save(Image.new("RGB", (64, 64), (255, 0, 0)), tmp_path / f"picture.{suffix}", icc_profile=wide_profile())

    assert_near(rendered(path).getpixel((32, 32)), (0, 255, 0), 6)


def test_follows_the_profile_under_alpha(tmp_path: Path):
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (32, 0, 64, 64))
    path = save(picture, tmp_path / "picture.png", icc_profile=wide_profile())

    thumbnail = rendered(path)

    assert_near(thumbnail.getpixel((8, 32)), (0, 255, 0), 6)
    assert_near(thumbnail.getpixel((56, 32)), (255, 255, 255), CLOSE)


@pytest.mark.parametrize("profile", [b"broken", bytes(4096), profile_of("LAB"), profile_of("sRGB")[:600]])
def test_passes_over_a_profile_that_does_not_fit(tmp_path: Path, profile: bytes):
    path = save(make_quarters(), tmp_path / "picture.jpeg", icc_profile=profile, quality=95)

    assert_near(rendered(path).getpixel((30, 20)), (200, 30, 30), CLOSE)


@pytest.mark.parametrize(("mode", "white"), [("L", 255), ("CMYK", (0, 0, 0, 0))])
def test_passes_over_an_rgb_profile_on_another_mode(tmp_path: Path, mode: str, white: object):
    path = save(Image.new(mode, (64, 64), white), tmp_path / "picture.jpeg", icc_profile=wide_profile())

    assert_near(rendered(path).getpixel((32, 32)), (255, 255, 255), CLOSE)


def add_chunks(path: Path, *chunks: bytes) -> None:
    """Put chunks right behind the header of a PNG."""
    data = path.read_bytes()
    path.write_bytes(data[:33] + b"".join(chunks) + data[33:])


def gamma_chunk(gamma: float) -> bytes:
    return png_chunk(b"gAMA", round(gamma * 100_000).to_bytes(4, "big"))


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "LA"])
@pytest.mark.parametrize(("gamma", "shade"), [(1.0, 127), (0.45455, 55), (0.25, 16), (20.0, 55), (0.0, 55)])
def test_follows_the_gamma_of_a_png(tmp_path: Path, mode: str, gamma: float, shade: int):
    gray = Image.new("RGB", (64, 64), (55, 55, 55))
    path = save(gray.quantize(4) if mode == "P" else gray.convert(mode), tmp_path / "picture.png")
    add_chunks(path, gamma_chunk(gamma))

    made = render_variant(path, VariantSpec(format=VariantFormat.PNG), LIMITS).data

    for picture in (rendered(path), Image.open(BytesIO(made)).convert("RGB")):
        assert_near(picture.getpixel((32, 32)), (shade, shade, shade), CLOSE)


@pytest.mark.parametrize("is_profile", [True, False])
def test_other_words_on_color_go_before_the_gamma(tmp_path: Path, is_profile: bool):
    options = {"icc_profile": profile_of("sRGB")} if is_profile else {}
    path = save(make_quarters(), tmp_path / "picture.png", **options)
    add_chunks(path, gamma_chunk(1.0), *([] if is_profile else [png_chunk(b"sRGB", b"\0")]))

    assert_near(rendered(path).getpixel((30, 20)), (200, 30, 30), CLOSE)


def test_sixteen_bits_keep_their_tones(tmp_path: Path):
    ramp = Image.frombytes("I;16", (256, 8), b"".join((shade * 257).to_bytes(2, "little") for shade in range(256)) * 8)
    path = save(ramp, tmp_path / "picture.png")

    seen = rendered(path).convert("L")

    assert all(abs(seen.getpixel((x, 4)) - x) <= CLOSE for x in range(256))


def test_a_large_sixteen_bit_picture_is_read_as_it_was_written(tmp_path: Path):
    path = save(Image.new("I;16", (1200, 900), 40_000), tmp_path / "picture.png")

    with Image.open(BytesIO(path.read_bytes())) as stored:
        assert stored.mode == "I;16"
    assert_near(rendered(path).getpixel((400, 300)), (156, 156, 156), CLOSE)
