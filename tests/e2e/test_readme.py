"""README's examples, run as they stand."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.settings import Settings
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_uploads_with_curl(shared_server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "admin.key").write_text(ADMIN_KEY + "\n")
    (tmp_path / "picture.jpg").write_bytes(make_picture(size=(1000, 500), seed=301))
    script = _block("sh", "uploadInit").replace("http://127.0.0.1:8000", shared_server.url)

    command = ["bash", "-euo", "pipefail", "-c", script]
    printed = subprocess.run(command, check=True, cwd=tmp_path, stdout=subprocess.PIPE, text=True, timeout=60).stdout

    assert '"kind":"COMPLETED"' in printed
    assert '"state":"READY","width":1000,"height":500' in printed
    assert '"width":400,"height":200' in printed


def test_asks_as_in_the_playground(shared_server: RunningServer) -> None:
    payload = shared_server.upload(make_picture(seed=302), "JPEG")
    shared_server.watch_to_end(payload["job"]["id"])

    images = shared_server.graphql(_block("graphql", "Newest"))["images"]

    assert images["edges"][0]["node"]["thumbnail"]["width"] == 150


def test_edits_as_told(shared_server: RunningServer) -> None:
    payload = shared_server.upload(make_picture(seed=303), "JPEG")
    shared_server.watch_to_end(payload["job"]["id"])
    image_id = payload["image"]["id"]

    edited = shared_server.graphql(_block("graphql", "Poster"), id=image_id)["editImage"]
    shared_server.watch_to_end(edited["job"]["id"])

    assert edited["userErrors"] == []
    image = shared_server.graphql("query ($id: ID!) { image(id: $id) { width edits { kind } } }", id=image_id)["image"]
    assert image == {"width": 320, "edits": [{"kind": "CROP"}, {"kind": "CONTRAST"}, {"kind": "TEXT"}]}


def test_lists_every_setting() -> None:
    listed = set(re.findall(r"`(GF_[A-Z0-9_]+)`", README))

    assert listed == {f"GF_{name.upper()}" for name in Settings.model_fields}


def _block(language: str, word: str) -> str:
    """Return the first block of a language that holds a word."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(block for block in blocks if word in block)
