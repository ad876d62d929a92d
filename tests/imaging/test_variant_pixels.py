"""Variants: sizes to the pixel, colours, transparent edges, and nothing but pixels."""

import random
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from app.domain.errors import CorruptImage, InvalidInput
from app.domain.framing import frame_of
from app.domain.placing import Crop, Gravity
from app.domain.variant import Fit, VariantFormat, VariantSpec
from app.imaging.limits import PoolLimits
from app.imaging.pool import open_pool
from app.imaging.variant import render_variant
from tests.imaging.making import (
    LIMITS,
    QUARTERS,
    assert_near,
    exif_with_orientation,
    make_quarters,
    make_ripples,
    profile_of,
    save,
    wide_profile,
)

JPEG, PNG, WEBP, AVIF = VariantFormat.JPEG, VariantFormat.PNG, VariantFormat.WEBP, VariantFormat.AVIF
UPPER_LEFT, UPPER_RIGHT, LOWER_LEFT, LOWER_RIGHT = QUARTERS


def variant(path: Path, *box: int | None, **options: object) -> Image.Image:
    """Return a variant of the file, decoded; a PNG unless told otherwise."""
    spec = VariantSpec(*box, **{"format": PNG, **options})
    made = render_variant(path, spec, LIMITS)
    picture = Image.open(BytesIO(made.data))
    picture.load()
    assert picture.format == made.format
    return picture


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    """Return a colour of each quarter, as `QUARTERS` has them."""
    (x, right), (y, lower) = ((side // 4, side - 1 - side // 4) for side in picture.size)
    return [picture.convert("RGB").getpixel(at) for at in ((x, y), (right, y), (x, lower), (right, lower))]


def assert_quarters(picture: Image.Image, *expected: tuple[int, int, int], tolerance: int = 12) -> None:
    for actual, color in zip(corners(picture), expected, strict=True):
        assert_near(actual, color, tolerance)


@pytest.mark.parametrize("fit", Fit)
def test_bytes_are_of_the_size_that_was_told(tmp_path: Path, fit: Fit) -> None:
    chooser = random.Random(fit)
    for number in range(40):
        size = chooser.randrange(1, 400), chooser.randrange(1, 400)
        path = save(Image.new("RGB", size, "teal"), tmp_path / f"{number}.{chooser.choice(['jpeg', 'png'])}")
        box = [chooser.choice([None, chooser.randrange(1, 300)]) for _ in range(2)]
        spec = VariantSpec(*box, fit=fit, format=PNG, rotate=chooser.choice([0, 90, 180, 270]))
        try:
            frame = frame_of(spec, *size)
        except InvalidInput:
            continue

        picture = Image.open(BytesIO(render_variant(path, spec, LIMITS).data))

        assert picture.size == frame.canvas, (spec, size)
        assert_near(picture.convert("RGB").getpixel((frame.offset[0], frame.offset[1])), (0, 128, 128), 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_orientation_rotation_and_crop_go_together(tmp_path: Path, orientation: int, rotate: int) -> None:
    """The reference is the same by plain Pillow, on the whole picture, in the order that is promised."""
    stored = make_ripples(96, 64)
    path = tmp_path / "turned.png"
    stored.save(path, exif=exif_with_orientation(orientation))
    shown = stored.copy()
    if orientation > 1:
        turn = dict(zip(range(2, 9), (0, 3, 1, 5, 4, 6, 2), strict=True))[orientation]
        shown = stored.transpose(Image.Transpose(turn))
    reference = shown.crop((8, 4, 48, 34)).rotate(-rotate, expand=True)

    picture = variant(path, rotate=rotate, crop=Crop(8, 4, 40, 30))

    assert picture.convert("RGB").tobytes() == reference.tobytes()


@pytest.mark.parametrize(
    ("gravity", "upper", "lower"),
    [(Gravity.NORTH_WEST, UPPER_LEFT, LOWER_LEFT), (Gravity.EAST, UPPER_RIGHT, LOWER_RIGHT)],
)
@pytest.mark.parametrize("suffix", ["jpeg", "png"])
def test_cover_shows_the_part_of_its_gravity(
    tmp_path: Path, gravity: Gravity, upper: tuple, lower: tuple, suffix: str
) -> None:
    path = save(make_quarters((1600, 400)), tmp_path / f"wide.{suffix}")

    picture = variant(path, 100, 50, fit=Fit.COVER, gravity=gravity)

    assert picture.size == (100, 50)
    assert_quarters(picture, upper, upper, lower, lower)


def test_a_crop_of_a_jpeg_is_exact_though_it_is_decoded_small(tmp_path: Path) -> None:
    path = save(make_quarters((1613, 1211)), tmp_path / "odd.jpeg", quality=95)

    picture = variant(path, 60, crop=Crop(607, 506, 400, 200))

    assert picture.size == (60, 30)
    assert_quarters(picture, *QUARTERS)
    left, right = (picture.convert("RGB").getpixel((x, 5)) for x in (27, 32))
    assert_near(left, UPPER_LEFT, 40)
    assert_near(right, UPPER_RIGHT, 40)


def test_fill_gives_the_proportions_up(tmp_path: Path) -> None:
    path = save(make_quarters((1600, 200)), tmp_path / "wide.jpeg")

    picture = variant(path, 40, 160, fit=Fit.FILL)

    assert picture.size == (40, 160)
    assert_quarters(picture, *QUARTERS)


def test_contain_fills_up_with_nothing_or_with_the_background(tmp_path: Path) -> None:
    path = save(make_quarters((200, 100)), tmp_path / "wide.png")

    clear = variant(path, 100, 100, fit=Fit.CONTAIN)
    green = variant(path, 100, 100, fit=Fit.CONTAIN, background="#00ff00")
    white = variant(path, 100, 100, fit=Fit.CONTAIN, format=JPEG)

    assert clear.getpixel((50, 2)) == (255, 255, 255, 0)
    assert clear.getpixel((10, 40)) == (*UPPER_LEFT, 255)
    assert (green.mode, green.getpixel((50, 2))) == ("RGB", (0, 255, 0))
    assert_near(white.getpixel((50, 2)), (255, 255, 255), 2)


@pytest.fixture
def badge(tmp_path: Path) -> Path:
    """A red disc on transparent black: whoever mixes colours without their alpha makes its edge dark."""
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    disc = Image.new("L", (100, 100), 0)
    for x in range(100):
        for y in range(100):
            if (x - 50) ** 2 + (y - 50) ** 2 < 1600:
                disc.putpixel((x, y), 255)
    picture.paste((255, 0, 0, 255), mask=disc.resize((400, 400), Image.Resampling.NEAREST))
    return save(picture, tmp_path / "badge.png")


@pytest.mark.parametrize(
    "options", [{}, {"blur": 3.0}, {"sharpen": 100}, {"fit": Fit.COVER, "crop": Crop(3, 3, 300, 290)}]
)
def test_edges_of_what_is_transparent_have_no_dark_fringe(badge: Path, options: dict) -> None:
    picture = variant(badge, 97, 97, **options)

    edge = [color for _, color in picture.getcolors(97 * 97) if 40 < color[3] < 255]
    assert len(edge) > 5
    assert all(red > 245 and green < 8 and blue < 8 for red, green, blue, _ in edge)


@pytest.mark.parametrize("chosen", [PNG, WEBP, AVIF])
def test_formats_that_know_transparency_keep_it(badge: Path, chosen: VariantFormat) -> None:
    picture = variant(badge, 100, format=chosen).convert("RGBA")

    assert picture.getpixel((2, 2))[3] == 0
    assert_near(picture.getpixel((50, 50)), (255, 0, 0, 255), 6)


def test_a_jpeg_of_something_transparent_is_white_there_or_of_the_background(badge: Path) -> None:
    white, blue = variant(badge, 100, format=JPEG), variant(badge, 100, format=JPEG, background="#0000ff")

    assert_near(white.getpixel((2, 2)), (255, 255, 255), 2)
    assert_near(blue.getpixel((2, 2)), (0, 0, 255), 4)


def test_auto_is_a_png_only_where_something_is_transparent(badge: Path, tmp_path: Path) -> None:
    opaque = save(make_quarters().convert("RGBA"), tmp_path / "opaque.png")

    assert variant(badge, 50, format=VariantFormat.AUTO).format == "PNG"
    assert variant(opaque, 50, format=VariantFormat.AUTO).format == "JPEG"
    assert variant(badge, 50, format=VariantFormat.AUTO, background="#ffffff").format == "JPEG"


@pytest.mark.parametrize("chosen", [JPEG, PNG, WEBP, AVIF])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_colors_hold_from_every_mode_to_every_format(tmp_path: Path, mode: str, chosen: VariantFormat) -> None:
    path = save(make_quarters((160, 120)).convert(mode, dither=Image.Dither.NONE), tmp_path / "picture.png")
    with Image.open(path) as source:
        expected = corners(source.convert("RGB"))

    picture = variant(path, 80, format=chosen, quality=90)

    assert picture.size == (80, 60)
    assert_quarters(picture, *expected)


def test_colors_are_converted_by_the_profile_also_beside_alpha(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (40, 40), (255, 0, 0, 128))
    path = save(picture, tmp_path / "profiled.png", icc_profile=wide_profile())

    made = variant(path, 20)

    assert_near(made.getpixel((10, 10)), (0, 255, 0, 128), 6)


@pytest.mark.parametrize("chosen", [JPEG, PNG, WEBP, AVIF])
def test_nothing_but_pixels_is_handed_on(tmp_path: Path, chosen: VariantFormat) -> None:
    srgb = profile_of("sRGB")
    path = tmp_path / "talkative.jpeg"
    make_quarters().save(path, exif=exif_with_orientation(1), comment=b"secret", icc_profile=srgb, xmp=b"<x:xmpmeta/>")

    made = variant(path, 60, format=chosen)

    assert not {"exif", "icc_profile", "comment", "xmp"} & set(made.info)


def test_blur_and_sharpen_work_on_the_result(tmp_path: Path) -> None:
    path = save(make_quarters((400, 400)), tmp_path / "edges.png")

    def contrast(picture: Image.Image) -> int:
        row = [picture.convert("L").getpixel((x, 20)) for x in range(100)]
        return max(abs(a - b) for a, b in pairwise(row))

    plain, blurred, sharp = variant(path, 100), variant(path, 100, blur=5.0), variant(path, 100, sharpen=200)

    assert contrast(blurred) < contrast(plain) / 3
    assert contrast(sharp) > contrast(plain)


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    Image.new("RGB", (40, 30), "red").save(path, save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")])

    assert_near(variant(path, 20).convert("RGB").getpixel((10, 5)), (255, 0, 0), 3)


async def test_the_pool_gives_what_the_function_gives_and_raises_what_it_raises(tmp_path: Path) -> None:
    path = save(make_quarters(), tmp_path / "picture.jpeg")
    broken = tmp_path / "broken.jpeg"
    broken.write_bytes(path.read_bytes()[:400])
    spec = VariantSpec(50, format=WEBP)

    async with open_pool(LIMITS, PoolLimits(processes=1)) as imaging:
        assert await imaging.render_variant(path, spec) == render_variant(path, spec, LIMITS)
        with pytest.raises(InvalidInput):
            await imaging.render_variant(path, VariantSpec(crop=Crop(0, 0, 999, 999)))
        with pytest.raises(CorruptImage):
            await imaging.render_variant(broken, spec)
