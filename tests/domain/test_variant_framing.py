"""Frames: the part that is shown, and the exact size of what comes out."""

from dataclasses import replace

import pytest

from app.domain.errors import InvalidInput
from app.domain.framing import check_motion, frame_of
from app.domain.placing import Crop, Gravity
from app.domain.variant import Fit, FocalPoint, VariantFormat, VariantSpec


@pytest.mark.parametrize(
    ("fit", "box", "size", "expected"),
    [
        (Fit.INSIDE, (512, 512), (1632, 1224), (512, 384)),
        (Fit.INSIDE, (512, 512), (1001, 667), (512, 341)),
        (Fit.INSIDE, (512, None), (1001, 667), (512, 341)),
        (Fit.INSIDE, (None, 512), (1001, 667), (768, 512)),
        (Fit.INSIDE, (100, 10), (1000, 101), (99, 10)),
        (Fit.INSIDE, (2000, 2000), (1001, 667), (1001, 667)),
        (Fit.INSIDE, (100, 100), (10_000, 3), (100, 1)),
        (Fit.INSIDE, (None, None), (16_000, 1200), (8000, 600)),
        (Fit.CONTAIN, (300, 300), (1001, 667), (300, 300)),
        (Fit.CONTAIN, (300, None), (1001, 667), (300, 200)),
        (Fit.CONTAIN, (3000, 2000), (1001, 667), (3000, 2000)),
        (Fit.COVER, (300, 300), (1001, 667), (300, 300)),
        (Fit.COVER, (3000, None), (1000, 500), (3000, 1500)),
        (Fit.FILL, (300, 17), (1001, 667), (300, 17)),
        (Fit.FILL, (None, 2000), (1000, 500), (4000, 2000)),
        (Fit.FILL, (None, None), (1000, 500), (1000, 500)),
    ],
)
def test_sizes_are_exact(fit: Fit, box: tuple, size: tuple, expected: tuple) -> None:
    assert frame_of(VariantSpec(*box, fit=fit), *size).canvas == expected


@pytest.mark.parametrize(
    ("gravity", "region"),
    [
        (Gravity.CENTER, (250, 0, 750, 500)),
        (Gravity.WEST, (0, 0, 500, 500)),
        (Gravity.NORTH, (250, 0, 750, 500)),
        (Gravity.SOUTH_EAST, (500, 0, 1000, 500)),
    ],
)
def test_cover_keeps_what_the_gravity_says(gravity: Gravity, region: tuple) -> None:
    assert frame_of(VariantSpec(100, 100, Fit.COVER, gravity), 1000, 500).region == region


@pytest.mark.parametrize(
    ("point", "rotate", "region"),
    [
        ((0.5, 0.5), 0, (250, 0, 750, 500)),
        ((0.4, 0.9), 0, (150, 0, 650, 500)),
        ((0, 0), 0, (0, 0, 500, 500)),
        ((1, 1), 0, (500, 0, 1000, 500)),
        ((0.4, 0.9), 90, (0, 150, 500, 650)),
        ((0.4, 0.9), 180, (350, 0, 850, 500)),
    ],
)
def test_cover_keeps_the_focal_point_in_the_middle_as_far_as_it_can(point: tuple, rotate: int, region: tuple) -> None:
    spec = VariantSpec(100, 100, Fit.COVER, Gravity.EAST, rotate=rotate, focal_point=FocalPoint(*point))

    assert frame_of(spec, 1000, 500).region == pytest.approx(region)


def test_a_focal_point_outside_of_what_is_cropped_is_as_near_as_it_can_be() -> None:
    spec = VariantSpec(100, 100, Fit.COVER, crop=Crop(500, 0, 400, 300), focal_point=FocalPoint(0, 0))

    assert frame_of(spec, 1000, 500).region == (500, 0, 800, 300)


def test_attention_starts_in_the_middle_of_its_room() -> None:
    frame = frame_of(VariantSpec(100, 100, Fit.COVER, Gravity.ATTENTION, crop=Crop(0, 0, 600, 500)), 1000, 500)

    assert (frame.region, frame.room) == ((50, 0, 550, 500), (0, 0, 600, 500))
    assert frame_of(VariantSpec(100, 100, Fit.COVER), 1000, 500).room is None


def test_the_frames_of_an_animation_are_bounded_together() -> None:
    spec = VariantSpec(200, 200, Fit.FILL, format=VariantFormat.WEBP, is_animated=True)
    frame = frame_of(spec, 1000, 500)

    check_motion(spec, frame, 1000)
    check_motion(replace(spec, is_animated=False), frame, 10**6)
    with pytest.raises(InvalidInput, match="1001 frames would have 40040000 px"):
        check_motion(spec, frame, 1001)


@pytest.mark.parametrize(
    ("gravity", "offset"), [(Gravity.CENTER, (0, 25)), (Gravity.NORTH_EAST, (0, 0)), (Gravity.SOUTH, (0, 50))]
)
def test_contain_puts_the_picture_where_the_gravity_says(gravity: Gravity, offset: tuple) -> None:
    frame = frame_of(VariantSpec(100, 100, Fit.CONTAIN, gravity), 1000, 500)

    assert (frame.content, frame.offset) == ((100, 50), offset)


@pytest.mark.parametrize(
    ("rotate", "region", "canvas"),
    [
        (0, (10, 20, 110, 70), (100, 50)),
        (90, (430, 10, 480, 110), (50, 100)),
        (180, (890, 430, 990, 480), (100, 50)),
        (270, (20, 890, 70, 990), (50, 100)),
    ],
)
def test_a_crop_is_turned_with_the_picture(rotate: int, region: tuple, canvas: tuple) -> None:
    frame = frame_of(VariantSpec(rotate=rotate, crop=Crop(10, 20, 100, 50)), 1000, 500)

    assert (frame.region, frame.canvas) == (region, canvas)


@pytest.mark.parametrize("crop", [Crop(-1, 0, 5, 5), Crop(0, 0, 0, 5), Crop(996, 0, 5, 5), Crop(0, 0, 5, 501)])
def test_a_crop_outside_of_the_picture_is_refused(crop: Crop) -> None:
    with pytest.raises(InvalidInput) as refused:
        frame_of(VariantSpec(crop=crop), 1000, 500)

    assert refused.value.field == ("crop",)


@pytest.mark.parametrize(("box", "size"), [((8000, 8000), (10, 10)), ((8000, None), (1, 20_000))])
def test_a_variant_that_would_be_too_large_is_refused(box: tuple, size: tuple) -> None:
    with pytest.raises(InvalidInput, match="The variant would have"):
        frame_of(VariantSpec(*box, fit=Fit.COVER), *size)
