"""The three thumbnails: their sizes, which side is up, and that nothing but pixels is handed on."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageOps

from app.domain.errors import CorruptImage
from app.domain.image import ImageFormat, ThumbnailSize, fit_within
from app.imaging.inspect import inspect
from app.imaging.limits import DEFAULT_FORMATS
from app.imaging.pipeline import render
from tests.imaging.making import (
    LIMITS,
    QUARTERS,
    assert_near,
    exif_with_orientation,
    make_quarters,
    make_ripples,
    rendered,
    save,
)

SIDES = [
    (1, 1),
    (150, 150),
    (800, 600),
    (801, 599),
    (1600, 1067),
    (1599, 1066),
    (3201, 2133),
    (2133, 3201),
    (6401, 33),
    (17, 5000),
    (20000, 1),
    (1, 20000),
]


@pytest.mark.parametrize("suffix", ["jpeg", "png"])
@pytest.mark.parametrize("size", SIDES)
def test_sizes_are_those_that_the_header_foretells(tmp_path: Path, size: tuple[int, int], suffix: str):
    path = save(Image.new("RGB", size, "teal"), tmp_path / f"picture.{suffix}")

    header, rendering = inspect(path, LIMITS), render(path, LIMITS)

    assert [Image.open(BytesIO(data)).size for data in rendering.thumbnails] == [
        fit_within(header.width, header.height, bound.bound) for bound in ThumbnailSize
    ]
    assert rendering.derived.thumbnail_bytes == tuple(map(len, rendering.thumbnails))


@pytest.mark.parametrize("image_format", DEFAULT_FORMATS)
def test_every_format_is_rendered(tmp_path: Path, image_format: ImageFormat):
    path = save(make_quarters((900, 600)), tmp_path / f"picture.{image_format.extension}")

    thumbnail = rendered(path)

    assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("JPEG", "RGB", (800, 533))
    for x, y, color in ((200, 130, 0), (600, 130, 1), (200, 400, 2), (600, 400, 3)):
        assert_near(thumbnail.getpixel((x, y)), QUARTERS[color], 4)


@pytest.mark.parametrize("size", [(120, 80), (1700, 1100)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_stands_upright(tmp_path: Path, orientation: int, size: tuple[int, int]):
    path = save(make_quarters(size), tmp_path / "turned.jpeg", exif=exif_with_orientation(orientation), quality=95)

    thumbnail = rendered(path)

    with Image.open(path) as stored:
        upright = ImageOps.exif_transpose(stored)
    assert thumbnail.size == fit_within(*upright.size, 800)
    for x in (0.25, 0.75):
        for y in (0.25, 0.75):
            seen = thumbnail.getpixel((int(x * thumbnail.width), int(y * thumbnail.height)))
            assert_near(seen, upright.getpixel((int(x * upright.width), int(y * upright.height))), 4)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_passes_over_an_orientation_that_does_not_exist(tmp_path: Path, orientation: int):
    path = save(make_quarters(), tmp_path / "picture.jpeg", exif=exif_with_orientation(orientation))

    assert rendered(path).size == (120, 80)
    assert render(path, LIMITS).derived.metadata.orientation is None


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "avif"])
def test_shows_the_first_frame(tmp_path: Path, suffix: str):
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "lime", "blue")]
    path = save(frames[0], tmp_path / f"film.{suffix}", save_all=True, append_images=frames[1:])

    assert_near(rendered(path).getpixel((32, 32)), (255, 0, 0), 6)


@pytest.mark.parametrize("suffix", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("size", [(64, 64), (1000, 900)])
def test_hands_nothing_on_but_pixels(tmp_path: Path, suffix: str, size: tuple[int, int]):
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif.tobytes(), "icc_profile": srgb, "comment": b"a secret", "xmp": b"<x>a secret</x>"}
    path = save(make_quarters(size), tmp_path / f"picture.{suffix}", **options)

    for data in render(path, LIMITS).thumbnails:
        assert b"secret" not in data
        assert set(Image.open(BytesIO(data)).info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(
    ("suffix", "options"),
    [("jpeg", {}), ("jpeg", {"progressive": True}), ("png", {}), ("gif", {}), ("webp", {}), ("avif", {})],
)
@pytest.mark.parametrize("part", [0.35, 0.6, 0.9])
def test_rejects_what_is_cut_off(tmp_path: Path, suffix: str, options: dict[str, bool], part: float):
    path = save(make_ripples(200, 160), tmp_path / f"picture.{suffix}", **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    with pytest.raises(CorruptImage):
        render(path, LIMITS)


def test_the_same_bytes_give_the_same_rendering(tmp_path: Path):
    path = save(make_ripples(300, 200), tmp_path / "picture.jpeg")

    assert render(path, LIMITS) == render(path, LIMITS)


def test_a_scaled_decode_shows_the_same_as_a_whole_one(tmp_path: Path):
    picture = make_ripples(160, 120).resize((3210, 2407), Image.Resampling.BICUBIC)

    scaled = rendered(save(picture, tmp_path / "picture.jpeg", quality=95), ThumbnailSize.MEDIUM)
    whole = rendered(save(picture, tmp_path / "picture.png"), ThumbnailSize.MEDIUM)

    assert scaled.size == whole.size == (400, 300)
    differences = Image.merge("RGB", [*map(_difference, scaled.split(), whole.split())])
    assert sum(value * count for value, count in enumerate(differences.convert("L").histogram())) / (400 * 300) < 2


def _difference(left: Image.Image, right: Image.Image) -> Image.Image:
    pairs = zip(left.tobytes(), right.tobytes(), strict=True)
    return Image.frombytes("L", left.size, bytes(abs(a - b) for a, b in pairs))
