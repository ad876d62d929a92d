"""Label rules through the real server: labels after an upload, what follows from them, and trying before doing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.inference.models import BLUE, GREY, RED, mean_color, paint, write_model
from tests.serving import RunningServer

SET = """mutation ($input: SetFlowLabellingInput!) { setFlowLabelling(input: $input) {
  flow { name labelling { onUpload model rules { label minScore tag toFlow } } }
  userErrors { code message field } } }"""

APPLY = """mutation ($input: ApplyLabelRulesInput!) { applyLabelRules(input: $input) { hasMore
  actions { imageId flow rule { tag toFlow } label { name score model } } userErrors { code message field } } }"""

IMAGE = """query ($id: ID!) { image(id: $id) { tags labels { name score model modelVersion }
  flows { edges { node { name } } }
  labelActions { flow rule { label minScore tag toFlow } label { name score model modelVersion } at } } }"""

JOBS = "{ jobs(filter: {kind: [CLASSIFY]}) { edges { node { id state progress { total done failed } } } } }"

CREATE = "mutation ($name: String!) { createFlow(input: {name: $name}) { flow { name } userErrors { code } } }"


@pytest.fixture
def ruling(tmp_path: Path) -> Iterator[RunningServer]:
    write_model(tmp_path / "shelf", "colors", mean_color())
    running = RunningServer(tmp_path / "data", {"GF_MODELS_DIR": str(tmp_path / "shelf")})
    running.start()
    for name in ("in", "out"):
        running.graphql(CREATE, name=name)
    yield running
    if running.process is not None:
        running.stop()


def set_rules(server: RunningServer, *rules: dict[str, object], on_upload: bool = True, **more: object) -> Any:
    given = {"flow": "in", "onUpload": on_upload, "rules": list(rules), **more}
    return server.graphql(SET, input=given)["setFlowLabelling"]


def upload(server: RunningServer, folder: Path, color: tuple[int, int, int]) -> str:
    payload = server.upload(paint(folder, color).read_bytes(), "PNG", flows=["in"])
    server.watch_to_end(payload["job"]["id"])
    image_id: str = payload["image"]["id"]
    return image_id


def await_labels(server: RunningServer) -> None:
    """Return when every classification has ended."""
    for edge in server.graphql(JOBS)["jobs"]["edges"]:
        server.watch_to_end(edge["node"]["id"])


def look_at(server: RunningServer, image_id: str) -> dict[str, Any]:
    image: dict[str, Any] = server.graphql(IMAGE, id=image_id)["image"]
    image["flows"] = [edge["node"]["name"] for edge in image["flows"]["edges"]]
    return image


def test_an_upload_is_labelled_and_rules_follow(ruling: RunningServer, tmp_path: Path) -> None:
    tag = {"label": "Blue", "minScore": 0.5, "tag": "Sky"}
    flow = {"label": "blue", "minScore": 0.9, "toFlow": "out"}
    assert set_rules(ruling, tag, flow)["flow"]["labelling"] == {
        "onUpload": True,
        "model": None,
        "rules": [
            {"label": "blue", "minScore": 0.5, "tag": "sky", "toFlow": None},
            {"label": "blue", "minScore": 0.9, "tag": None, "toFlow": "out"},
        ],
    }

    blue, grey, red = [upload(ruling, tmp_path, color) for color in (BLUE, GREY, RED)]
    await_labels(ruling)

    seen = {name: look_at(ruling, image_id) for name, image_id in (("blue", blue), ("grey", grey), ("red", red))}
    assert {name: (image["tags"], image["flows"]) for name, image in seen.items()} == {
        "blue": (["sky"], ["in", "out"]),
        "grey": (["sky"], ["in"]),
        "red": ([], ["in"]),
    }
    [action] = seen["grey"]["labelActions"]
    assert action["flow"] == "in"
    assert action["rule"] == {"label": "blue", "minScore": 0.5, "tag": "sky", "toFlow": None}
    assert action["label"] == {"name": "blue", "score": 0.8, "model": "colors", "modelVersion": "1"}
    assert len(seen["blue"]["labelActions"]) == 2


def test_an_upload_is_not_labelled_unless_a_flow_wants_it(ruling: RunningServer, tmp_path: Path) -> None:
    image_id = upload(ruling, tmp_path, BLUE)

    assert ruling.graphql(JOBS)["jobs"]["edges"] == []
    assert look_at(ruling, image_id)["labels"] == []


def test_rules_are_tried_before_they_are_followed(ruling: RunningServer, tmp_path: Path) -> None:
    set_rules(ruling)
    blue, grey = [upload(ruling, tmp_path, color) for color in (BLUE, GREY)]
    await_labels(ruling)
    rule = {"label": "blue", "minScore": 0.5, "tag": "sky"}

    tried = ruling.graphql(APPLY, input={"flow": "in", "rules": [rule]})["applyLabelRules"]
    only_tried = ruling.graphql(APPLY, input={"flow": "in", "rules": [rule], "dryRun": False})["applyLabelRules"]
    untouched = look_at(ruling, blue)
    set_rules(ruling, rule)
    done = ruling.graphql(APPLY, input={"flow": "in", "dryRun": False})["applyLabelRules"]
    again = ruling.graphql(APPLY, input={"flow": "in", "dryRun": False})["applyLabelRules"]

    assert {action["imageId"] for action in tried["actions"]} == {blue, grey}
    assert only_tried["actions"] == tried["actions"] == done["actions"]
    assert (untouched["tags"], untouched["labelActions"]) == ([], [])
    assert [look_at(ruling, image_id)["tags"] for image_id in (blue, grey)] == [["sky"], ["sky"]]
    assert (again["actions"], again["hasMore"]) == ([], False)


def test_what_people_undo_stays_undone(ruling: RunningServer, tmp_path: Path) -> None:
    set_rules(ruling, {"label": "blue", "minScore": 0.5, "tag": "sky"})
    image_id = upload(ruling, tmp_path, BLUE)
    await_labels(ruling)
    ruling.graphql(
        "mutation ($id: ID!) { updateImage(input: {id: $id, tags: []}) { userErrors { code } } }", id=image_id
    )

    ruling.graphql(
        "mutation ($id: ID!) { classify(input: {imageIds: [$id], wait: true}) { job { state } } }", id=image_id
    )
    ruling.graphql(APPLY, input={"flow": "in", "dryRun": False})

    assert look_at(ruling, image_id)["tags"] == []
    assert len(look_at(ruling, image_id)["labelActions"]) == 1


@pytest.mark.parametrize(
    ("rule", "code", "field"),
    [
        ({"label": " ", "minScore": 0.5, "tag": "a"}, "INVALID_INPUT", ["rules", "0", "label"]),
        ({"label": "a", "minScore": 1.5, "tag": "a"}, "INVALID_INPUT", ["rules", "0", "minScore"]),
        ({"label": "a", "minScore": 0.5}, "INVALID_INPUT", ["rules", "0"]),
        ({"label": "a", "minScore": 0.5, "tag": "a", "toFlow": "out"}, "INVALID_INPUT", ["rules", "0"]),
        ({"label": "a", "minScore": 0.5, "toFlow": "missing"}, "NOT_FOUND", ["name"]),
    ],
)
def test_refuses_rules(ruling: RunningServer, rule: dict[str, object], code: str, field: list[str]) -> None:
    payload = set_rules(ruling, rule)

    assert payload["flow"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)]


def test_only_who_may_change_a_flow_sets_its_rules(ruling: RunningServer, tmp_path: Path) -> None:
    key = ruling.run_cli("keys", "create", "ada").strip()
    image_id = upload(ruling, tmp_path, BLUE)

    foreign = ruling.graphql(SET, key=key, input={"flow": "in", "rules": []})["setFlowLabelling"]
    hidden = ruling.graphql('{ flow(name: "in") { labelling { onUpload } } }', key=key)["flow"]
    set_rules(ruling, {"label": "blue", "minScore": 0, "tag": "sky"}, model="unknown")
    shown = ruling.graphql(IMAGE, key=key, id=image_id)["image"]

    assert [error["code"] for error in foreign["userErrors"]] == ["FORBIDDEN"]
    assert hidden["labelling"] is None
    assert shown["labelActions"] == []


def test_a_new_version_of_a_model_looks_at_its_images_again(ruling: RunningServer, tmp_path: Path) -> None:
    set_rules(ruling)
    image_id = upload(ruling, tmp_path, GREY)
    await_labels(ruling)
    before = {edge["node"]["id"] for edge in ruling.graphql(JOBS)["jobs"]["edges"]}

    ruling.stop()
    write_model(tmp_path / "shelf", "colors", mean_color(), version="2", labels=("rouge", "vert", "bleu"))
    ruling.start()
    for _ in range(200):
        renewing = {edge["node"]["id"] for edge in ruling.graphql(JOBS)["jobs"]["edges"]} - before
        if renewing:
            break
    await_labels(ruling)

    assert len(renewing) == 1
    assert [(label["name"], label["modelVersion"]) for label in look_at(ruling, image_id)["labels"]] == [
        ("bleu", "2"),
        ("rouge", "2"),
        ("vert", "2"),
    ]
