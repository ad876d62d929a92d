"""The inference port on real models: what they say, and what becomes of pictures and models that fail."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from models import (
    BLUE,
    GREY,
    LABELS,
    RED,
    SIDE,
    ask_all,
    count_of_batch,
    make_weights,
    mean_color,
    not_a_number_when_red,
    paint,
    with_data_outside,
    write_model,
    wrong_shape,
)
from onnx import helper

from app.domain.errors import CorruptImage, InvalidInput, NotFound, SourceUnreadable
from app.domain.label import Prediction
from app.domain.model import ModelFailed, ModelUnavailable
from app.imaging.limits import ImageLimits
from app.inference.classifier import OnnxClassifier, open_classifier

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBABILITIES = 'kind = "PROBABILITIES"\n'
ONE_AT_A_TIME = f"""layout = "NHWC"
size = {SIDE}
resize_to = 20
mean = [0, 0, 0]
deviation = [1, 1, 1]
is_bgr = true"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, of which some cannot be used."""
    shelf = tmp_path_factory.mktemp("shelf")
    write_model(shelf, "colors", mean_color())
    write_model(shelf, "sure", mean_color(), told=f"{PROBABILITIES}threshold = 0.4")
    write_model(shelf, "surer", mean_color(), told=f"{PROBABILITIES}threshold = 0.9")
    write_model(shelf, "first", mean_color(), told=f"{PROBABILITIES}threshold = 0.0\ntop = 1")
    write_model(shelf, "single", mean_color(), told="threshold = 0.0")
    write_model(shelf, "multi", mean_color(), told="threshold = 0.0\nis_multi_label = true")
    nodes = [helper.make_node("ReduceMean", ["input"], ["scores"], axes=[1, 2], keepdims=0)]
    last = make_weights(nodes, shape=(1, SIDE, SIDE, 3), outputs=(1, 3))
    write_model(shelf, "channels-last", last, given=ONE_AT_A_TIME)
    write_model(shelf, "counter", count_of_batch())
    write_model(shelf, "logarithm", not_a_number_when_red())
    write_model(shelf, "shape", wrong_shape())
    write_model(shelf, "two-labels", mean_color(), labels=("red", "green"))
    write_model(shelf, "garbage", b"not a model" * 100)
    write_model(shelf, "no-such-input", mean_color(), given='name = "pixels"')
    write_model(shelf, "no-such-output", mean_color(), told='name = "other"')
    write_model(shelf, "other-size", mean_color(), given="size = 32")
    write_model(shelf, "other-layout", mean_color(), given=f'size = {SIDE}\nlayout = "NHWC"')
    for name, location in (("beside", "w.bin"), ("above", "../w.bin"), ("absolute", str(shelf / "w.bin"))):
        folder = write_model(shelf, name, with_data_outside(location))
        (folder / "w.bin").write_bytes(np.eye(3, dtype=np.float32).tobytes())
    (shelf / "w.bin").write_bytes(np.eye(3, dtype=np.float32).tobytes())
    return shelf


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def classifier(shelf: Path) -> AsyncIterator[OnnxClassifier]:
    async with open_classifier(shelf, "colors", ImageLimits(), 1) as classifier:
        yield classifier


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("colors", [("blue", 0.8), ("red", 0.4), ("green", 0.2)]),
        ("sure", [("blue", 0.8), ("red", 0.4)]),
        ("surer", []),
        ("first", [("blue", 0.8)]),
        ("single", [("blue", 0.451), ("red", 0.302), ("green", 0.247)]),  # softmax: e^0.8 / (e^0.8 + e^0.4 + e^0.2)
        ("multi", [("blue", 0.69), ("red", 0.599), ("green", 0.55)]),  # sigmoid: 1 / (1 + e^-0.8)
        ("channels-last", [("red", 0.8), ("blue", 0.4), ("green", 0.2)]),  # blue comes first, which is named red
    ],
)
async def test_says_what_a_model_says_best_first(
    classifier: OnnxClassifier, tmp_path: Path, model: str, expected: list[tuple[str, float]]
) -> None:
    predictions = await classifier.classify(model, paint(tmp_path, GREY))

    assert [(prediction.name, round(prediction.score, 3)) for prediction in predictions] == expected


async def test_gives_models_that_take_one_picture_one_after_the_other(
    classifier: OnnxClassifier, tmp_path: Path
) -> None:
    said = await ask_all(classifier, "channels-last", [paint(tmp_path, color) for color in (RED, GREY, BLUE)])

    assert [predictions[0].name for predictions in said] == ["blue", "red", "red"]


async def test_looks_at_pictures_together_by_fours(classifier: OnnxClassifier, tmp_path: Path) -> None:
    path = paint(tmp_path, GREY)

    alone = await classifier.classify("counter", path)
    together = await ask_all(classifier, "counter", [path] * 40)

    assert alone[0].score == 1 / 16
    assert [predictions[0].score * 16 for predictions in together] == [4] * 40


async def test_what_is_not_a_number_fails_its_own_picture_alone(classifier: OnnxClassifier, tmp_path: Path) -> None:
    blue, red, grey = await ask_all(classifier, "logarithm", [paint(tmp_path, color) for color in (BLUE, RED, GREY)])

    assert isinstance(red, ModelFailed)
    assert red.message == "The model gave values that are not numbers."
    assert [blue[0], grey[0]] == [Prediction("blue", 1.0), Prediction("blue", 0.8)]


async def test_pictures_that_cannot_be_opened_fail_alone(classifier: OnnxClassifier, tmp_path: Path) -> None:
    broken = paint(tmp_path, BLUE, "broken")
    broken.write_bytes(broken.read_bytes()[:60])

    paths = [paint(tmp_path, BLUE), tmp_path / "missing.jpeg", broken]
    good, missing, bad = await ask_all(classifier, "colors", paths)

    assert good[0] == Prediction("blue", 1.0)
    assert isinstance(missing, SourceUnreadable)
    assert isinstance(bad, CorruptImage)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("shape", "The model gave the shape (3,); (2, 3) was expected."),
        ("two-labels", "The model gave the shape (2, 3); (2, 2) was expected."),
    ],
)
async def test_another_shape_than_the_labels_fails_every_picture(
    classifier: OnnxClassifier, tmp_path: Path, model: str, message: str
) -> None:
    said = await ask_all(classifier, model, [paint(tmp_path, BLUE)] * 2)

    assert [type(answer) for answer in said] == [ModelFailed] * 2
    assert [answer.message for answer in said] == [message.replace("(2,", "(1,")] * 2


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("garbage", "onnxruntime cannot load it"),
        ("beside", "onnxruntime cannot load it: .*External data"),
        ("above", "onnxruntime cannot load it: .*External data"),
        ("absolute", "onnxruntime cannot load it: .*External data"),
        ("no-such-input", "it has no input 'pixels', but 'input'"),
        ("no-such-output", "its card must name one of its outputs: 'scores'"),
        ("other-size", "its input is tensor"),
        ("other-layout", "its input is tensor"),
    ],
)
async def test_a_model_that_cannot_be_loaded_is_out_of_use(
    classifier: OnnxClassifier, tmp_path: Path, model: str, why: str
) -> None:
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match=f"^The model '{model}' cannot be used: {why}"):
            await classifier.classify(model, paint(tmp_path, BLUE))

    assert [each.fault is None for each in classifier.models if each.name in (model, "colors")] in (
        [True, False],
        [False, True],
    )


async def test_weights_that_are_altered_later_are_not_used(shelf: Path, tmp_path: Path) -> None:
    write_model(tmp_path, "colors", mean_color())

    async with open_classifier(tmp_path, None, ImageLimits(), 1) as classifier:
        (tmp_path / "colors" / "model.onnx").write_bytes(wrong_shape())
        with pytest.raises(ModelUnavailable, match="SHA-256"):
            await classifier.classify("colors", paint(tmp_path, BLUE))


async def test_each_model_can_be_tried(classifier: OnnxClassifier, caplog: pytest.LogCaptureFixture) -> None:
    await classifier.check_all()

    out_of_use = {model.name: model.fault for model in classifier.models if model.fault is not None}
    assert sorted(out_of_use) == [
        "above",
        "absolute",
        "beside",
        "garbage",
        "no-such-input",
        "no-such-output",
        "other-layout",
        "other-size",
    ]
    lines = [record.getMessage() for record in caplog.records if record.name == "app.inference.classifier"]
    assert {f"model out of use: {fault}" for fault in out_of_use.values()} <= set(lines)
    assert all("\n" not in line for line in lines)


async def test_finds_models_by_name_alone(classifier: OnnxClassifier, shelf: Path, tmp_path: Path) -> None:
    for name in ("../colors", "colors/", str(shelf / "colors"), ""):
        with pytest.raises(NotFound, match="There is no model"):
            await classifier.classify(name, paint(tmp_path, BLUE))

    assert classifier.find(None).name == "colors"
    assert classifier.find("sure").labels == LABELS


async def test_one_model_needs_no_name(shelf: Path, tmp_path: Path) -> None:
    write_model(tmp_path, "lonely", mean_color())

    async with (
        open_classifier(tmp_path, None, ImageLimits(), 1) as one,
        open_classifier(shelf, None, ImageLimits(), 1) as many,
    ):
        assert one.find(None).name == "lonely"
        with pytest.raises(InvalidInput, match="Name a model"):
            many.find(None)


async def test_a_batch_waits_for_nobody_who_gave_up(classifier: OnnxClassifier, tmp_path: Path) -> None:
    path = paint(tmp_path, BLUE)
    asked = [asyncio.create_task(classifier.classify("counter", path)) for _ in range(3)]
    await asyncio.sleep(0)
    asked[0].cancel()

    said = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(said[0], asyncio.CancelledError)
    assert [predictions[0].score * 16 for predictions in said[1:]] == [2, 2]
