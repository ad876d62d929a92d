"""TIFF and HEIC, which are taken where the operator wants them."""

from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from pydantic import ValidationError

from app import image_settings
from app.domain.errors import DomainError, UnsupportedFormat
from app.domain.image import ImageFormat
from app.domain.variant import VariantFormat, VariantSpec
from app.imaging.inspect import inspect
from app.imaging.limits import DEFAULT_FORMATS, ImageLimits, PoolLimits
from app.imaging.pipeline import render
from app.imaging.pool import open_pool
from app.imaging.variant import render_variant
from app.settings import Settings
from tests.imaging.making import LIMITS, QUARTERS, assert_near, exif_with_orientation, make_quarters, save, wide_profile

ALL = replace(LIMITS, formats=tuple(ImageFormat))
SIZE = (120, 80)


def shown(path: Path, limits: ImageLimits = ALL) -> Image.Image:
    """Return the whole picture as it is shown."""
    return Image.open(BytesIO(render_variant(path, VariantSpec(format=VariantFormat.PNG), limits).data)).convert("RGBA")


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    """Return a colour of each quarter, as `QUARTERS` has them."""
    (x, right), (y, lower) = ((side // 4, side - 1 - side // 4) for side in picture.size)
    return [picture.convert("RGB").getpixel(at) for at in ((x, y), (right, y), (x, lower), (right, lower))]


def assert_quarters(picture: Image.Image, expected: tuple[tuple[int, ...], ...], tolerance: int) -> None:
    for actual, color in zip(corners(picture), expected, strict=True):
        assert_near(actual, color, tolerance)


def save_heic(path: Path, picture: Image.Image, **options: object) -> Path:
    pillow_heif.from_pillow(picture).save(path, quality=95, **options)
    return path


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_mode_of_tiff_is_shown_in_its_colors(tmp_path: Path, mode: str, compression: str) -> None:
    picture = make_quarters(SIZE)
    few = picture.convert("P", palette=Image.Palette.ADAPTIVE)
    stored = {"P": few, "PA": few.convert("PA")}.get(mode) or picture.convert(mode, dither=Image.Dither.NONE)
    path = save(stored, tmp_path / "picture.tiff", compression=compression)
    with Image.open(path) as read:
        assert read.mode in (mode, "RGB", "RGBX")
    gray = tuple((shade,) * 3 for shade in picture.convert("L").resize((2, 2), Image.Resampling.NEAREST).tobytes())
    binary = tuple((255 * (shade[0] > 127),) * 3 for shade in gray)
    expected = {"1": binary, "L": gray, "LA": gray}.get(mode, QUARTERS)

    assert (inspect(path, ALL).format, inspect(path, ALL).width) == (ImageFormat.TIFF, 120)
    assert_quarters(shown(path), expected, tolerance=14 if mode == "LAB" else 8)


@pytest.mark.parametrize(
    ("mode", "values", "shades"),
    [
        ("I;16", (0, 257 * 100, 257 * 200, 65535), (0, 100, 200, 255)),
        ("I;16B", (0, 257 * 100, 257 * 200, 65535), (0, 100, 200, 255)),
        ("I", (0, 257 * 100, 257 * 200, 65535), (0, 100, 200, 255)),
        ("I", (0, 500_000, 750_000, 1_000_000), (0, 128, 191, 255)),
        ("F", (0.0, 0.25, 0.5, 1.0), (0, 64, 128, 255)),
        ("F", (0.0, 100.0, 200.0, 255.0), (0, 100, 200, 255)),
        ("F", (-5.0, 20_000.0, 40_000.0, 65_535.0), (0, 78, 156, 255)),
    ],
)
def test_deep_gray_keeps_its_tones(tmp_path: Path, mode: str, values: tuple, shades: tuple) -> None:
    picture = Image.new(mode, (2, 2))
    for index, value in enumerate(values):
        picture.putpixel((index % 2, index // 2), value)
    path = save(picture.resize(SIZE, Image.Resampling.NEAREST), tmp_path / "deep.tiff")

    assert_quarters(shown(path), tuple((shade,) * 3 for shade in shades), tolerance=1)


@pytest.mark.parametrize("suffix", ["tiff", "heic"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_its_decoder_turns_is_not_turned_twice(tmp_path: Path, suffix: str, orientation: int) -> None:
    reference = tmp_path / "reference.png"
    make_quarters(SIZE).save(reference, exif=exif_with_orientation(orientation))
    path = tmp_path / f"turned.{suffix}"
    if suffix == "tiff":
        make_quarters(SIZE).save(path, tiffinfo={0x0112: orientation})
    else:
        save_heic(path, make_quarters(SIZE), exif=exif_with_orientation(orientation))

    expected, picture = shown(reference), shown(path)

    assert picture.size == expected.size == (inspect(path, ALL).width, inspect(path, ALL).height)
    assert_quarters(picture, tuple(corners(expected)), tolerance=8)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_heic_is_shown_in_its_colors(tmp_path: Path, mode: str) -> None:
    picture = make_quarters(SIZE).convert(mode)
    path = save_heic(tmp_path / "picture.heic", picture)

    made = render(path, ALL)

    assert inspect(path, ALL).format is ImageFormat.HEIC
    assert len(made.thumbnails) == 3
    assert_quarters(shown(path), tuple(corners(picture)), tolerance=8)


def test_heic_and_tiff_follow_their_profile(tmp_path: Path) -> None:
    red = Image.new("RGB", SIZE, (255, 0, 0))
    red.info["icc_profile"] = wide_profile()
    paths = [save_heic(tmp_path / "wide.heic", red), tmp_path / "wide.tiff"]
    red.save(paths[1], icc_profile=wide_profile())

    for path in paths:
        assert_near(shown(path).getpixel((9, 9)), (0, 255, 0, 255), 8)
        assert render(path, ALL).derived.metadata.color_profile.startswith("test")


def test_only_the_first_page_of_a_tiff_is_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "pages.tiff"
    make_quarters(SIZE).save(path, save_all=True, append_images=[Image.new("RGB", (9, 9))] * 3)

    header = inspect(path, ALL)

    assert (header.frame_count, header.width, header.height) == (1, *SIZE)
    assert render(path, ALL).derived.animation is None


def test_a_raw_of_a_camera_is_no_tiff(tmp_path: Path) -> None:
    tags = ImageFileDirectory_v2()
    tags[254] = 1
    path = tmp_path / "raw.tiff"
    make_quarters(SIZE).save(path, tiffinfo=tags)

    with pytest.raises(UnsupportedFormat, match="raw of a camera"):
        inspect(path, ALL)


def test_what_a_tiff_says_of_its_camera_is_read(tmp_path: Path) -> None:
    path = tmp_path / "camera.tiff"
    make_quarters(SIZE).save(path, tiffinfo={0x010F: "Maker", 0x0110: "Model 5"})

    metadata = render(path, ALL).derived.metadata

    assert (metadata.camera_make, metadata.camera_model) == ("Maker", "Model 5")


@pytest.mark.parametrize("suffix", ["tiff", "heic"])
async def test_they_are_refused_where_they_are_not_wanted(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    save_heic(path, make_quarters(SIZE)) if suffix == "heic" else make_quarters(SIZE).save(path)

    async with open_pool(LIMITS, PoolLimits(processes=1)) as pool:
        with pytest.raises(UnsupportedFormat, match="JPEG, PNG, GIF, WEBP, AVIF are"):
            await pool.inspect(path)
    async with open_pool(ALL, PoolLimits(processes=1)) as pool:
        assert await pool.render(path) == render(path, ALL)


def test_a_format_can_be_left_out(tmp_path: Path) -> None:
    path = save(make_quarters(SIZE), tmp_path / "picture.gif")

    with pytest.raises(UnsupportedFormat):
        inspect(path, replace(LIMITS, formats=(ImageFormat.JPEG,)))


def test_heic_is_on_where_its_decoder_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(_env_file=None).formats == (*DEFAULT_FORMATS, ImageFormat.HEIC)
    assert Settings(formats="jpeg, TIFF", _env_file=None).formats == (ImageFormat.JPEG, ImageFormat.TIFF)
    monkeypatch.setattr(image_settings, "has_heif", lambda: False)
    assert Settings(_env_file=None).formats == DEFAULT_FORMATS
    with pytest.raises(ValidationError, match="needs the extra `heif`"):
        Settings(formats="JPEG,HEIC", _env_file=None)
    with pytest.raises(ValidationError):
        Settings(formats="BMP", _env_file=None)


async def test_decoders_print_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Libtiff writes a line for each fault that it finds; a file may hold thousands."""
    path = save(make_quarters((400, 300)), tmp_path / "picture.tiff", compression="tiff_lzw")
    data = bytearray(path.read_bytes())
    data[9 : len(data) // 2 : 7] = bytes(len(range(9, len(data) // 2, 7)))
    path.write_bytes(data)

    async with open_pool(ALL, PoolLimits(processes=1)) as pool:
        with suppress(DomainError):
            await pool.render(path)

    assert capfd.readouterr() == ("", "")
