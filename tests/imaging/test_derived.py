"""What is made of the smallest picture: placeholders, palette and fingerprint."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.imaging.blurhash import encode_blurhash
from app.imaging.fingerprint import difference_hash
from app.imaging.palette import extract_palette
from app.imaging.pipeline import render
from app.imaging.placeholder import make_placeholder
from app.imaging.thumbhash import encode_thumbhash
from tests.imaging.making import LIMITS, make_quarters, make_ripples, save


# Made by the authors' own code: `thumbhash` 0.1.1 from npm.
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((32, 24), "H/gJNZpwhodwd4d3d2d3d5CQCPh4"),
        ((24, 32), "HwgKNRpwh3B3eHdnd3d3d4CRCPh4"),
        ((32, 32), "HwgKNxpwhodwd4h3d2d3d3d3BxiIgI8H"),
        ((32, 5), "nvgNMaBghohxh3eIxoAY+Hg="),
        ((100, 67), "H/gJPZpwd3dwd3d3d3d3d4CACPh4"),
    ],
)
def test_thumbhash_is_that_of_the_reference(size: tuple[int, int], expected: str):
    assert encode_thumbhash(make_ripples(*size)) == expected


# Made by the authors' own code: the C encoder of `blurhash-python` 1.2.2.
@pytest.mark.parametrize(
    ("size", "components", "expected"),
    [
        ((32, 24), (4, 3), "L$HewY2owvX5l_WBjre:gHfgfOfh"),
        ((24, 32), (3, 4), "T$HoE_2qwvl^WBjrgHfhfPnjWnjr"),
        ((32, 32), (4, 3), "L$HetT2qwvX7l_WBjre.gHfhfOfi"),
        ((32, 5), (4, 3), "L$He~^2lwsX3z3Nan~aheBf8fRf7"),
        ((3, 2), (1, 1), "00JlIL"),
    ],
)
def test_blurhash_is_that_of_the_reference(size: tuple[int, int], components: tuple[int, int], expected: str):
    assert encode_blurhash(make_ripples(*size), *components) == expected


@pytest.mark.parametrize("color", ["black", "white", "red", "gray"])
@pytest.mark.parametrize("size", [(1, 1), (150, 1), (1, 150), (150, 100)])
def test_flat_pictures_have_placeholders(size: tuple[int, int], color: str):
    placeholder = make_placeholder(Image.new("RGB", size, color), "#000000")

    assert len(b64decode(placeholder.thumb_hash)) >= 5
    assert len(placeholder.blur_hash) == 28


def test_the_data_uri_is_a_tiny_picture_of_the_same_shape():
    uri = make_placeholder(make_quarters((150, 100)), "#000000").data_uri

    kind, _, data = uri.partition(",")
    picture = Image.open(BytesIO(b64decode(data)))
    assert (kind, picture.format, picture.size) == ("data:image/jpeg;base64", "JPEG", (16, 11))
    assert len(uri) < 800


def test_the_palette_has_the_colors_of_the_picture_the_largest_first():
    picture = Image.new("RGB", (100, 100), (250, 10, 10))
    picture.paste((10, 10, 250), (0, 0, 30, 100))
    picture.paste((10, 250, 10), (0, 0, 10, 100))

    assert extract_palette(picture) == ("#fa0a0a", "#0a0afa", "#0afa0a")


def test_the_palette_takes_shades_together():
    picture = Image.new("RGB", (100, 100), (100, 100, 100))
    picture.paste((110, 110, 110), (0, 0, 50, 100))

    assert extract_palette(picture) == ("#696969",)


def test_the_palette_passes_over_specks():
    picture = Image.new("RGB", (100, 100), (250, 10, 10))
    picture.paste((10, 10, 250), (0, 0, 7, 7))

    assert extract_palette(picture) == ("#fa0a0a",)


def test_the_palette_has_at_most_six_colors():
    assert len(extract_palette(make_ripples(64, 64))) == 6


def test_the_dominant_color_is_the_first_of_the_palette(tmp_path: Path):
    derived = render(save(Image.new("RGB", (64, 64), (10, 200, 30)), tmp_path / "picture.png"), LIMITS).derived

    assert derived.palette == ("#0ac81e",)
    assert derived.placeholder.dominant_color == "#0ac81e"


def test_the_difference_hash_tells_where_it_grows_lighter():
    ramp = Image.linear_gradient("L").rotate(90).convert("RGB")

    assert difference_hash(ramp) == "ffffffffffffffff"
    assert difference_hash(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == "0000000000000000"
    assert difference_hash(Image.new("RGB", (64, 64), "red")) == "0000000000000000"


def test_the_difference_hash_hardly_changes_with_size_and_format(tmp_path: Path):
    picture = make_ripples(60, 40).resize((1200, 800), Image.Resampling.BICUBIC)
    paths = [
        save(picture, tmp_path / "picture.png"),
        save(picture, tmp_path / "picture.jpeg", quality=50),
        save(picture.resize((600, 400)), tmp_path / "small.webp"),
    ]

    hashes = [int(render(path, LIMITS).derived.difference_hash, 16) for path in paths]

    assert max((hashes[0] ^ other).bit_count() for other in hashes) <= 3
