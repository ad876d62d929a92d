"""Classification through the real server: labels, filters, the older route, and models that cannot be used."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.inference.models import BLUE, GREY, RED, mean_color, not_a_number_when_red, paint, write_model
from tests.serving import ADMIN_KEY, RunningServer

CLASSIFY = """mutation ($input: ClassifyInput!) { classify(input: $input) {
  job { id kind state progress { total done failed } items { imageId state error { code message } } }
  images { id labels { name score model modelVersion classifiedAt } } userErrors { code message field } } }"""

START = """mutation ($ids: [ID!]!, $model: String) { startJob(input: {classify: {imageIds: $ids, model: $model}}) {
  job { id kind } userErrors { code message field } } }"""

FIND = """query ($label: String, $score: Float) { images(filter: {label: $label, minLabelScore: $score}) {
  totalCount edges { node { id } } } }"""

MODELS = "{ server { models { name version labels licence source sha256 isDefault fault } } }"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shelf = tmp_path_factory.mktemp("shelf")
    write_model(shelf, "colors", mean_color())
    write_model(shelf, "logarithm", not_a_number_when_red())
    write_model(shelf, "garbage", b"not a model" * 100)
    altered = write_model(shelf, "altered", mean_color())
    (altered / "model.onnx").write_bytes(not_a_number_when_red())
    return shelf


@pytest.fixture(scope="module")
def classifying(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Iterator[RunningServer]:
    settings = {"GF_MODELS_DIR": str(shelf), "GF_MODEL": "colors"}
    running = RunningServer(tmp_path_factory.mktemp("classifying") / "data", settings)
    running.start()
    yield running
    running.stop()


def keep(server: RunningServer, folder: Path, color: tuple[int, int, int], **more: object) -> str:
    """Upload a picture of one colour and return its id once it is ready."""
    payload = server.upload(paint(folder, color).read_bytes(), "PNG", **more)
    server.watch_to_end(payload["job"]["id"])
    image_id: str = payload["image"]["id"]
    return image_id


def classify(server: RunningServer, ids: list[str], **more: object) -> dict[str, Any]:
    payload: dict[str, Any] = server.graphql(CLASSIFY, input={"imageIds": ids, **more})["classify"]
    return payload


@pytest.fixture(scope="module")
def images(classifying: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pictures")
    return {name: keep(classifying, folder, color) for name, color in (("red", RED), ("blue", BLUE), ("grey", GREY))}


def test_labels_are_there_for_who_waits(classifying: RunningServer, images: dict[str, str]) -> None:
    payload = classify(classifying, [images["blue"], images["grey"]], wait=True)

    assert payload["userErrors"] == []
    assert payload["job"]["kind"] == "CLASSIFY"
    assert payload["job"]["state"] == "COMPLETED"
    assert payload["job"]["progress"] == {"total": 2, "done": 2, "failed": 0}
    assert [image["id"] for image in payload["images"]] == [images["blue"], images["grey"]]
    grey = payload["images"][1]["labels"]
    assert [(label["name"], round(label["score"], 1), label["model"], label["modelVersion"]) for label in grey] == [
        ("blue", 0.8, "colors", "1"),
        ("red", 0.4, "colors", "1"),
        ("green", 0.2, "colors", "1"),
    ]


def test_images_are_found_by_their_labels(classifying: RunningServer, images: dict[str, str]) -> None:
    classify(classifying, list(images.values()), wait=True)

    def find(label: str, score: float | None) -> set[str]:
        found = classifying.graphql(FIND, label=label, score=score)["images"]
        assert found["totalCount"] == len(found["edges"])
        return {edge["node"]["id"] for edge in found["edges"]}

    assert find(" Blue", 0.5) == {images["blue"], images["grey"]}
    assert find("blue", 0.9) == {images["blue"]}
    assert find("red", 0.3) == {images["red"], images["grey"]}
    assert find("red", None) == set(images.values())
    assert find("purple", None) == set()


def test_a_score_needs_a_label_and_a_range(classifying: RunningServer) -> None:
    for variables in ({"score": 0.5}, {"label": "blue", "score": 1.5}):
        answer = classifying.post(FIND, **variables).json()

        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


def test_the_older_route_names_classes_once(classifying: RunningServer, images: dict[str, str]) -> None:
    ids = [images["red"], images["blue"]]
    body = {"client_type_str": "gchrome_ext", "images_ids_lst": ids}

    answer = httpx.post(
        f"{classifying.url}/v1/images/classify", json=body, headers={"GF-Api-Key": ADMIN_KEY}, timeout=60
    )

    assert answer.json() == {"data": {"classes_lst": ["blue", "red", "green"]}, "status": "OK"}


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"images_ids_lst": []}, "verify__missing_key_error"),
        ({"client_type_str": "x"}, "verify__missing_key_error"),
        ({"client_type_str": "x", "images_ids_lst": "ids"}, "verify__invalid_key_value_error"),
        ({"client_type_str": "x", "images_ids_lst": []}, "verify__invalid_value_error"),
        ({"client_type_str": "x", "images_ids_lst": ["0" * 32]}, "mongodb_not_found_error"),
    ],
)
def test_the_older_route_refuses(classifying: RunningServer, body: dict[str, object], error_type: str) -> None:
    address = f"{classifying.url}/v1/images/classify"

    answer = httpx.post(address, json=body, headers={"GF-Api-Key": ADMIN_KEY}, timeout=60).json()

    assert answer["status"] == "ERROR"
    assert answer["data"]["handler_error_user_msg"] == "handler /v1/images/classify failed"
    assert answer["data"]["gf_error_type"] == error_type


def test_the_older_route_is_for_those_who_are_signed_in(classifying: RunningServer) -> None:
    address = f"{classifying.url}/v1/images/classify"

    refused = httpx.post(f"{address}?auth_r=0", json={"client_type_str": "x", "images_ids_lst": []}, timeout=60)
    led = httpx.post(address, json={}, timeout=60)

    assert refused.json() == {"data": {"handler_error_user_msg": "unauthorized access"}, "status": "ERROR"}
    assert led.status_code == 302


def test_one_image_that_cannot_be_labelled_does_not_hold_up_the_others(
    classifying: RunningServer, images: dict[str, str]
) -> None:
    payload = classify(classifying, list(images.values()), model="logarithm", wait=True)

    assert payload["job"]["state"] == "FAILED_PARTIAL"
    states = {item["imageId"]: item for item in payload["job"]["items"]}
    assert states[images["red"]]["error"]["code"] == "MODEL_FAILED"
    assert [states[images[name]]["state"] for name in ("blue", "grey")] == ["COMPLETED"] * 2
    labels = {image["id"]: {label["model"] for label in image["labels"]} for image in payload["images"]}
    assert "logarithm" in labels[images["blue"]]
    assert "logarithm" not in labels[images["red"]]


def test_startjob_takes_the_same(classifying: RunningServer, images: dict[str, str]) -> None:
    started = classifying.graphql(START, ids=list(images.values()), model="colors")["startJob"]

    assert started["userErrors"] == []
    assert started["job"]["kind"] == "CLASSIFY"
    events = classifying.watch_to_end(started["job"]["id"])
    assert [event["step"] for event in events if event["image"] and event["image"]["id"] == images["red"]] == [
        "FETCH",
        "TRANSFORM",
        "PERSIST",
        "DONE",
    ]
    assert events[-1]["kind"] == "COMPLETED"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"model": "unknown"}, "NOT_FOUND", "There is no model 'unknown'; there are: 'altered', 'colors', "),
        ({"model": "../colors"}, "NOT_FOUND", "There is no model '../colors'"),
        ({"model": "altered"}, "MODEL_UNAVAILABLE", "The model 'altered' cannot be used: model.onnx has the SHA-256"),
        ({"imageIds": []}, "INVALID_INPUT", "Give 1 to 10000 images, not 0."),
        ({"imageIds": ["f"] * 10_001}, "INVALID_INPUT", "Give 1 to 10000 images, not 10001."),
        ({"imageIds": ["f" * 32] * 101, "wait": True}, "INVALID_INPUT", "At most 100 images can be waited for"),
        ({"imageIds": ["f" * 32]}, "NOT_FOUND", "There is no image"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses(
    classifying: RunningServer, images: dict[str, str], asked: dict[str, object], code: str, message: str
) -> None:
    payload = classifying.graphql(CLASSIFY, input={"imageIds": [images["red"]], **asked})["classify"]

    assert payload["job"] is None
    [error] = payload["userErrors"]
    assert error["code"] == code
    assert error["message"].startswith(message)


def test_nobody_signed_out_classifies(classifying: RunningServer, images: dict[str, str]) -> None:
    answer = classifying.post(CLASSIFY, key=None, input={"imageIds": [images["red"]]}).json()

    assert [error["code"] for error in answer["data"]["classify"]["userErrors"]] == ["UNAUTHENTICATED"]


def test_an_image_that_is_not_ready_fails_alone(
    classifying: RunningServer, images: dict[str, str], tmp_path: Path
) -> None:
    noise = tmp_path / "noise.png"
    Image.frombytes("RGB", (200, 100), random.Random(1).randbytes(60_000)).save(noise)
    failed = classifying.upload(noise.read_bytes()[:30_000], "PNG")
    classifying.watch_to_end(failed["job"]["id"])

    payload = classify(classifying, [failed["image"]["id"], images["red"]], wait=True)

    assert [item["state"] for item in payload["job"]["items"]] == ["FAILED", "COMPLETED"]
    assert payload["job"]["items"][0]["error"]["code"] == "IMAGE_NOT_READY"


def test_the_server_tells_of_its_models(classifying: RunningServer) -> None:
    models = {model["name"]: model for model in classifying.graphql(MODELS)["server"]["models"]}

    assert sorted(models) == ["altered", "colors", "garbage", "logarithm"]
    assert {name: model["isDefault"] for name, model in models.items() if model["isDefault"]} == {"colors": True}
    assert models["colors"]["labels"] == ["red", "green", "blue"]
    assert models["colors"]["fault"] is None
    assert "SHA-256" in models["altered"]["fault"]


def test_what_is_no_model_is_told_before_anything_is_started(
    classifying: RunningServer, images: dict[str, str]
) -> None:
    """The server tries its models after its start; once it has, a job for one that cannot be loaded is refused."""
    for _ in range(100):
        [garbage] = [m for m in classifying.graphql(MODELS)["server"]["models"] if m["name"] == "garbage"]
        if garbage["fault"]:
            break
    payload = classify(classifying, [images["red"]], model="garbage")

    assert payload["job"] is None
    assert payload["userErrors"][0]["code"] == "MODEL_UNAVAILABLE"
    assert "onnxruntime cannot load it" in payload["userErrors"][0]["message"]
