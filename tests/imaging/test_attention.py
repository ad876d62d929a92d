"""What draws the eye: found on pictures of which anybody can tell."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from app.domain.placing import Crop, Gravity
from app.domain.variant import Fit, VariantFormat, VariantSpec
from app.imaging.attention import attend
from app.imaging.variant import render_variant
from tests.imaging.making import LIMITS, exif_with_orientation

SIZE = (1600, 400)
SPOT = (1300, 200)
"""The middle of what draws the eye."""


def make_scene(mode: str = "RGB") -> Image.Image:
    """Return a soft gray gradient with a red ring on the right."""
    scene = Image.linear_gradient("L").resize(SIZE).point(lambda shade: 100 + shade // 4).convert("RGB")
    x, y = SPOT
    ImageDraw.Draw(scene).ellipse((x - 60, y - 60, x + 60, y + 60), "#c02020", "white", 12)
    return scene.convert(mode)


def redness(picture: Image.Image) -> float:
    """Return the share of red pixels."""
    red, green, _ = picture.convert("RGB").split()
    pairs = zip(red.tobytes(), green.tobytes(), strict=True)
    return sum(r > 150 and g < 100 for r, g in pairs) / (picture.width * picture.height)


def cover(path: Path, **options: object) -> Image.Image:
    spec = VariantSpec(**{"width": 100, "height": 100, "fit": Fit.COVER, "format": VariantFormat.PNG, **options})
    return Image.open(BytesIO(render_variant(path, spec, LIMITS).data))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK"])
def test_the_window_is_moved_to_what_stands_out(mode: str) -> None:
    left, upper, right, lower = attend(make_scene(mode), (600, 0, 1000, 400), (0, 0, *SIZE))

    assert (upper, lower, right - left) == (0, 400, pytest.approx(400))
    assert left <= SPOT[0] - 60
    assert right >= SPOT[0] + 60


def test_where_nothing_stands_out_it_stays_in_the_middle() -> None:
    flat = Image.new("RGB", SIZE, "#808080")

    assert attend(flat, (600, 0, 1000, 400), (0, 0, *SIZE)) == (600, 0, 1000, 400)


def test_it_never_leaves_its_room() -> None:
    scene = make_scene()

    for room in ((0, 0, 1600, 400), (900, 0, 1350, 400), (0, 100, 1600, 400), (1290.5, 0, 1599.25, 400)):
        height = room[3] - room[1]
        window = attend(scene, (room[0], room[1], room[0] + 200, room[1] + height), room)

        assert room[0] - 1e-6 <= window[0] <= window[2] <= room[2] + 1e-6, (room, window)
        assert window[2] - window[0] == pytest.approx(200)


def test_a_face_wins_over_leaves() -> None:
    scene = Image.effect_noise(SIZE, 30).convert("RGB").filter(ImageFilter.GaussianBlur(2))
    scene = Image.blend(scene, Image.new("RGB", SIZE, "#406040"), 0.7)
    ImageDraw.Draw(scene).ellipse((1200, 100, 1380, 320), "#d9a082")

    left, _, right, _ = attend(scene, (600, 0, 1000, 400), (0, 0, *SIZE))

    assert left < 1230
    assert right > 1350


def test_what_cannot_be_seen_draws_no_eye() -> None:
    scene = make_scene("RGBA")
    scene.putalpha(Image.new("L", SIZE, 255))
    scene.paste((255, 0, 0, 0), (0, 0, 500, 400))

    left, _, right, _ = attend(scene, (600, 0, 1000, 400), (0, 0, *SIZE))

    assert left <= SPOT[0] - 60
    assert right >= SPOT[0] + 60


@pytest.mark.parametrize("suffix", ["jpeg", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_variant_shows_it_whichever_way_the_picture_is_stored(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"scene.{suffix}"
    make_scene().save(path, exif=exif_with_orientation(orientation))

    centered, attentive = cover(path), cover(path, gravity=Gravity.ATTENTION)

    assert attentive.size == (100, 100)
    assert redness(centered) == 0
    assert redness(attentive) == pytest.approx(3.14 * 48**2 / 400**2, rel=0.15)


def test_a_crop_and_a_turn_bound_the_search(tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    make_scene().save(path)

    outside = cover(path, gravity=Gravity.ATTENTION, crop=Crop(0, 0, 1000, 400))
    turned = cover(path, gravity=Gravity.ATTENTION, crop=Crop(400, 0, 1200, 400), rotate=90)

    assert redness(outside) == 0
    assert redness(turned) > 0.03
