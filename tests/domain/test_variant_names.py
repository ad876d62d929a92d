"""Specifications of variants: their one text, their ranges, their keys."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.image import new_image_id
from app.domain.objects import image_id_of_key
from app.domain.placing import Crop, Gravity
from app.domain.variant import (
    Fit,
    FocalPoint,
    VariantFormat,
    VariantSpec,
    variant_prefix,
)
from app.domain.variant_text import (
    Version,
    parse_spec,
    parse_version,
    read_spec,
    variant_key,
    write_spec,
    write_version,
)

SIDES = st.none() | st.integers(1, 8000)
STILLS = st.builds(
    VariantSpec,
    width=SIDES,
    height=SIDES,
    fit=st.sampled_from(Fit),
    gravity=st.sampled_from(Gravity),
    format=st.sampled_from(VariantFormat),
    quality=st.none() | st.integers(1, 100),
    background=st.none() | st.just("#00ff7f"),
    blur=st.floats(0, 100),
    sharpen=st.integers(0, 500),
    rotate=st.sampled_from((0, 90, 180, 270)),
    crop=st.none() | st.builds(Crop, *[st.integers(0, 20_000)] * 4),
    frame=st.integers(0, 99_999),
    focal_point=st.none() | st.builds(FocalPoint, st.floats(0, 1), st.floats(0, 1)),
    is_marked=st.booleans(),
)
SPECS = STILLS | st.builds(VariantSpec, width=SIDES, format=st.just(VariantFormat.WEBP), is_animated=st.just(True))


@given(SPECS)
def test_the_text_is_read_back_to_the_same_text(spec: VariantSpec) -> None:
    assert write_spec(parse_spec(write_spec(spec))) == write_spec(spec)


@given(SPECS, st.integers(0, 999_999_999), st.text("0123456789abcdef", min_size=12, max_size=12))
def test_a_version_is_read_back(spec: VariantSpec, revision: int, mark: str) -> None:
    version = Version(parse_spec(write_spec(spec)), revision, mark if spec.is_marked else "")

    assert parse_version(write_version(version)) == version


@pytest.mark.parametrize(
    "text", ["", "e0_inside_png", "mark0123456789ab_inside_png", "inside_png_watermark", "mark01_inside_png_watermark"]
)
def test_no_other_version_is_read(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_version(text)


def test_the_text_says_everything() -> None:
    spec = VariantSpec(
        width=300,
        height=200,
        fit=Fit.COVER,
        gravity=Gravity.NORTH_EAST,
        format=VariantFormat.WEBP,
        quality=70,
        background="#ff0080",
        blur=2.5,
        sharpen=50,
        rotate=90,
        crop=Crop(1, 2, 30, 40),
        frame=7,
        is_marked=True,
    )

    assert write_spec(spec) == (
        "w300_h200_cover_northeast_webp_q70_bgff0080_blur2.5_sharp50_rot90_crop1.2.30.40_frame7_watermark"
    )
    assert parse_spec(write_spec(spec)) == spec


@pytest.mark.parametrize(
    "same",
    [
        VariantSpec(format=VariantFormat.PNG),
        VariantSpec(format=VariantFormat.PNG, quality=50),
        VariantSpec(format=VariantFormat.PNG, gravity=Gravity.NORTH),
        VariantSpec(format=VariantFormat.PNG, blur=0.04),
        VariantSpec(format=VariantFormat.PNG, focal_point=FocalPoint(0, 1)),
    ],
)
def test_what_makes_no_difference_is_left_out(same: VariantSpec) -> None:
    assert write_spec(same) == "inside_png"


def test_a_focal_point_takes_the_place_of_the_gravity() -> None:
    point = FocalPoint(0.25, 1 / 3)
    spec = VariantSpec(30, 20, Fit.COVER, Gravity.NORTH, VariantFormat.PNG, focal_point=point)

    assert write_spec(spec) == "w30_h20_cover_focal250.333_png"


def test_attention_is_of_covering_alone() -> None:
    texts = [write_spec(VariantSpec(9, 9, fit, Gravity.ATTENTION, VariantFormat.PNG)) for fit in Fit]

    assert texts == ["w9_h9_inside_png", "w9_h9_contain_png", "w9_h9_cover_attention_png", "w9_h9_fill_png"]


def test_a_text_by_hand_may_have_any_order_and_leave_out_what_is_usual() -> None:
    assert read_spec("webp_h20_w30") == VariantSpec(30, 20, format=VariantFormat.WEBP)
    assert read_spec("cover_northeast_w30") == VariantSpec(30, fit=Fit.COVER, gravity=Gravity.NORTH_EAST)


@pytest.mark.parametrize("spec", [{"format": VariantFormat.PNG}, {"frame": 1}])
def test_what_is_animated_is_a_webp_of_all_frames(spec: dict) -> None:
    with pytest.raises(InvalidInput, match="animated"):
        VariantSpec(is_animated=True, **spec)


@pytest.mark.parametrize("text", ["", "_", "w30_", "w30_w40", "big", "w0", "W30", "q101", "rot45", "focal1001.0"])
def test_a_text_by_hand_is_checked(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_spec(text)


@pytest.mark.parametrize(
    "text", ["", "w0_inside_png", "w08_inside_png", "inside_png_q50", "inside_gif", "inside_png\n"]
)
def test_no_other_text_is_read(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_spec(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 0),
        ("width", 8001),
        ("height", -1),
        ("quality", 0),
        ("quality", 101),
        ("background", "red"),
        ("background", "#FF0000"),
        ("blur", 100.5),
        ("blur", float("nan")),
        ("sharpen", -1),
        ("rotate", 45),
    ],
)
def test_a_value_out_of_range_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        replace(VariantSpec(), **{field: value})

    assert refused.value.field == (field,)


def test_keys_belong_to_their_image() -> None:
    image_id = new_image_id()

    key = variant_key(image_id, Version(VariantSpec(width=5)), "webp")

    assert key.startswith(variant_prefix(image_id))
    assert image_id_of_key(key) == image_id
    assert key != variant_key(image_id, Version(VariantSpec(width=6)), "webp")
