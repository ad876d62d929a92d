"""Names, tags, ids and keys: what is taken, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput, NotFound
from app.domain.flow import clean_flow_name, clean_flow_names
from app.domain.image import (
    ImageFormat,
    ThumbnailSize,
    clean_tags,
    clean_title,
    fit_within,
    new_image_id,
    original_key,
    thumbnail_key,
)
from app.domain.objects import image_id_of_key
from app.domain.upload import clean_client_metadata

SIDES = st.integers(1, 20_000)


@given(SIDES, SIDES, st.sampled_from([150, 400, 800]))
def test_fits_within_the_bound_and_never_enlarges(width: int, height: int, bound: int) -> None:
    fitted = fit_within(width, height, bound)

    assert max(fitted) == min(bound, max(width, height))
    assert min(fitted) >= 1
    assert abs(fitted[0] * height - fitted[1] * width) <= max(width, height)  # half a px of the shorter side, or 1 px


@pytest.mark.parametrize(
    ("size", "bound", "expected"),
    [
        ((4000, 3000), 150, (150, 113)),
        ((20_000, 1), 150, (150, 1)),
        ((149, 20), 150, (149, 20)),
        ((3, 1600), 800, (2, 800)),
    ],
)
def test_rounds_the_other_side_to_the_nearest(size: tuple[int, int], bound: int, expected: tuple[int, int]) -> None:
    assert fit_within(*size, bound) == expected


@pytest.mark.parametrize("name", ["general", "Été 2026", "a", "x" * 64, "_a-b.c"])
def test_takes_flow_names(name: str) -> None:
    assert clean_flow_name(f" {name} ") == name


@pytest.mark.parametrize("name", ["", " ", "all", "x" * 65, "a/b", "..", "-a", "a\0", "a\nb", "<b>", "a:b"])
def test_refuses_flow_names(name: str) -> None:
    with pytest.raises(InvalidInput):
        clean_flow_name(name)


def test_goes_to_the_general_flow_unless_told() -> None:
    assert clean_flow_names(()) == ("general",)
    assert clean_flow_names(("b", "a", " b")) == ("b", "a")


def test_cleans_tags_and_titles() -> None:
    assert clean_tags((" Sea ", "sea", "Sky")) == ("sea", "sky")
    assert clean_title("  A harbour ") == "A harbour"


@pytest.mark.parametrize("tags", [("",), ("x" * 65,), ("a\x00",), tuple(str(number) for number in range(51))])
def test_refuses_tags(tags: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        clean_tags(tags)


def test_finds_the_image_of_each_of_its_objects() -> None:
    image_id = new_image_id()
    keys = [original_key(image_id, image_format) for image_format in ImageFormat]
    keys += [thumbnail_key(image_id, size) for size in ThumbnailSize]

    assert {image_id_of_key(key) for key in keys} == {image_id}


@pytest.mark.parametrize("key", ["", "x.jpeg", "../" + "0" * 32 + ".jpeg", "staging/" + "0" * 32, "0" * 32 + ".jpeg\n"])
def test_finds_no_image_of_other_keys(key: str) -> None:
    with pytest.raises(NotFound):
        image_id_of_key(key)


@pytest.mark.parametrize("metadata", [[], "text", 5, {"long": "x" * 20_000}])
def test_keeps_objects_of_a_modest_size_alone(metadata: object) -> None:
    with pytest.raises(InvalidInput):
        clean_client_metadata(metadata)
