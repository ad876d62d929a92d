"""A network of MobileNetV2's shape by the five lines of README: from a bare ONNX file to labels on an image."""

import re
import subprocess
from pathlib import Path

from tests.inference.mobilenet import make_mobilenet
from tests.inference.models import GREY, paint
from tests.serving import ROOT, RunningServer

CLASSIFY = """mutation ($id: ID!) { classify(input: {imageIds: [$id], wait: true}) {
  job { state items { error { code message } } } images { labels { name score model modelVersion } }
  userErrors { code message } } }"""


def lines_of_readme() -> str:
    """Return the shell lines under README's heading of models."""
    section = (ROOT / "README.md").read_text().split("\n## Labels by models\n")[1]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def test_readme_shows_in_five_lines_how_a_model_is_used(tmp_path: Path) -> None:
    commands = lines_of_readme()
    (tmp_path / "mobilenetv2-12.onnx").write_bytes(make_mobilenet(gain=50))
    (tmp_path / "synset.txt").write_text("".join(f"n{n:08} Kind {n}, also called {n}\n" for n in range(1000)))

    subprocess.run(["sh", "-eu", "-c", commands], cwd=tmp_path, check=True, timeout=30)
    server = RunningServer(tmp_path / "data", {"GF_MODELS_DIR": str(tmp_path / "models"), "GF_MODEL": "mobilenet"})
    server.start()
    try:
        uploaded = server.upload(paint(tmp_path, GREY).read_bytes(), "PNG")
        server.watch_to_end(uploaded["job"]["id"])
        payload = server.graphql(CLASSIFY, id=uploaded["image"]["id"])["classify"]
    finally:
        server.stop()

    assert len([line for line in commands.splitlines() if line.strip()]) <= 5
    assert payload["userErrors"] == []
    assert payload["job"]["state"] == "COMPLETED", payload["job"]["items"]
    labels = payload["images"][0]["labels"]
    assert 1 <= len(labels) <= 5
    assert {(label["model"], label["modelVersion"]) for label in labels} == {("mobilenet", "12")}
    assert all(re.fullmatch(r"kind \d+, also called \d+", label["name"]) for label in labels)
    assert [label["score"] for label in labels] == sorted((label["score"] for label in labels), reverse=True)
