"""The model that comes with us: what its card says, and that it is as good as its card says."""

import os
import subprocess
import sys
import tomllib

from app.inference.card import read_card, read_labels
from app.inference.shelf import SHIPPED, read_shelf
from tests.serving import ROOT

FOLDER = SHIPPED / "picture-kind"
PHOTOGRAPHS = ROOT.parent / "shared" / "corpora" / "photos"


def test_it_is_the_one_that_is_used_when_nothing_is_set() -> None:
    entries = read_shelf(SHIPPED, None)

    assert list(entries) == ["picture-kind"]
    assert entries["picture-kind"].model.fault is None
    assert entries["picture-kind"].model.labels == read_labels(FOLDER, read_card(FOLDER))


def test_it_is_small_and_says_what_it_is() -> None:
    card = tomllib.loads((FOLDER / "model.toml").read_text())

    assert (FOLDER / "model.onnx").stat().st_size < 1_000_000
    assert card["licence"] == "Apache-2.0"
    assert card["source"] == "scripts/model of this program"
    assert set(card["measured"]) == {
        "generated_percent",
        "generated_pictures",
        "photographs_percent",
        "photographs_pictures",
    }


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script that measures the model; it fails when the card says something else."""
    command = [sys.executable, str(ROOT / "scripts" / "model.d" / "evaluate.py"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_it_is_as_good_as_its_card_says() -> None:
    """Generated pictures that it was not trained on, and real photographs where there are some, go the whole way."""
    done = evaluate(str(FOLDER), *(str(PHOTOGRAPHS) for _ in range(PHOTOGRAPHS.is_dir())))

    assert done.returncode == 0, done.stdout + done.stderr
