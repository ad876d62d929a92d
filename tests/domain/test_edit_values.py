"""Operations: their ranges, and lists of them as text."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import edit
from app.domain.edit import EditKind, EditOperation, FlipDirection, decode_operations, encode_operations
from app.domain.edit_plan import EditTask, decode_task, encode_task
from app.domain.edit_sizes import SizeLimits, edited_size
from app.domain.errors import InvalidInput
from app.domain.image import new_image_id
from app.domain.placing import Crop, Gravity

SIDES = st.integers(1, 20_000)
AMOUNTS = st.floats(0, 1)
OPERATIONS = st.one_of(
    st.builds(Crop, SIDES, SIDES, SIDES, SIDES),
    st.builds(edit.Rotate, st.floats(-360, 360), st.none() | st.just("#00ff7f")),
    st.builds(edit.Flip, st.sampled_from(FlipDirection)),
    st.builds(edit.Resize, SIDES, st.none() | SIDES),
    st.builds(edit.Brightness, AMOUNTS),
    st.builds(edit.Contrast, AMOUNTS),
    st.builds(edit.Saturation, AMOUNTS),
    st.builds(edit.Sharpen, st.integers(0, 500), st.floats(0.1, 20)),
    st.builds(edit.Blur, AMOUNTS),
    st.builds(edit.Grayscale, AMOUNTS),
    st.builds(edit.Sepia, AMOUNTS),
    st.builds(edit.Hue, st.floats(-360, 360)),
    st.builds(edit.Noise, AMOUNTS, st.integers(0, 2**31 - 1)),
    st.builds(edit.Text, st.text("aß 語\n", min_size=1).filter(str.strip), SIDES, SIDES, st.floats(4, 400)),
    st.builds(
        edit.Watermark, st.none() | st.sampled_from(Gravity), st.none() | AMOUNTS, st.none() | st.floats(0.01, 1)
    ),
)
LIMITS = SizeLimits(max_pixels=50_000_000, max_side=20_000)


@given(st.lists(OPERATIONS, max_size=20).map(tuple))
def test_operations_survive_being_text(operations: tuple[EditOperation, ...]) -> None:
    assert decode_operations(json.loads(json.dumps(encode_operations(operations)))) == operations


@given(st.lists(OPERATIONS, max_size=3).map(tuple))
def test_tasks_survive_being_text(operations: tuple[EditOperation, ...]) -> None:
    for task in (EditTask(operations, 5), EditTask(operations, 0, new_image_id(), "Tïtle", ("sea",))):
        assert decode_task(encode_task(task)) == task


def test_there_is_a_name_for_each_operation() -> None:
    assert set(edit.OPERATIONS) == set(EditKind)
    assert len(set(edit.OPERATIONS.values())) == len(EditKind)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: edit.Rotate(361), "degrees"),
        (lambda: edit.Rotate(float("nan")), "degrees"),
        (lambda: edit.Rotate(5, "red"), "background"),
        (edit.Resize, "width"),
        (lambda: edit.Resize(0), "width"),
        (lambda: edit.Resize(5, 20_001), "height"),
        (lambda: edit.Brightness(5.1), "amount"),
        (lambda: edit.Contrast(-0.1), "amount"),
        (lambda: edit.Saturation(float("inf")), "amount"),
        (lambda: edit.Sharpen(501), "amount"),
        (lambda: edit.Sharpen(1, 0), "radius"),
        (lambda: edit.Blur(100.5), "radius"),
        (lambda: edit.Grayscale(1.01), "amount"),
        (lambda: edit.Sepia(-1), "amount"),
        (lambda: edit.Hue(400), "degrees"),
        (lambda: edit.Noise(101), "amount"),
        (lambda: edit.Noise(1, -1), "seed"),
        (lambda: edit.Text(" \n"), "text"),
        (lambda: edit.Text("x" * 501), "text"),
        (lambda: edit.Text("a\u202eb"), "text"),
        (lambda: edit.Text("x" * 500, size=1_000), "size"),
        (lambda: edit.Text("x", color="#FFF"), "color"),
        (lambda: edit.Watermark(opacity=2), "opacity"),
        (lambda: edit.Watermark(scale=0), "scale"),
        (lambda: edit.Watermark(margin=0.6), "margin"),
    ],
)
def test_refuses_what_is_out_of_range(make: Callable[[], EditOperation], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make()

    assert refused.value.field == (field,)


@pytest.mark.parametrize(
    ("operations", "size"),
    [
        ((), (640, 480)),
        ((edit.Rotate(90),), (480, 640)),
        ((edit.Rotate(-90), edit.Rotate(180)), (480, 640)),
        ((edit.Rotate(45),), (792, 792)),
        ((edit.Resize(width=100),), (100, 75)),
        ((edit.Resize(height=1),), (1, 1)),
        ((Crop(10, 10, 20, 30), edit.Resize(40)), (40, 60)),
    ],
)
def test_knows_the_size_beforehand(operations: tuple[EditOperation, ...], size: tuple[int, int]) -> None:
    assert edited_size(operations, (640, 480), LIMITS) == size


@pytest.mark.parametrize(
    "operation", [Crop(-1, 0, 5, 5), Crop(0, 0, 0, 5), Crop(0, 0, 641, 5), edit.Resize(20_000, 3_000)]
)
def test_refuses_sizes_that_cannot_be(operation: EditOperation) -> None:
    with pytest.raises(InvalidInput) as refused:
        edited_size((edit.Sepia(), operation), (640, 480), LIMITS)

    assert refused.value.field[:2] == ("operations", "1")
