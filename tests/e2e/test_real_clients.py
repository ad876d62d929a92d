"""Apollo Client, urql and Relay on the running server: queries, cursors, mutations, subscriptions of both kinds."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.node_packages import install_clients
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, ROOT, RunningServer


@dataclass(frozen=True)
class Stage:
    """A server with three images, the newest first, and the job of the last."""

    server: RunningServer
    images: list[str]
    job: str


@pytest.fixture(scope="module")
def clients() -> Path:
    return install_clients()


@pytest.fixture(scope="module")
def stage(clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from _set(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def own_stage(clients: Path, tmp_path: Path) -> Iterator[Stage]:
    """A server that the test may start anew."""
    yield from _set(tmp_path)


def _set(folder: Path) -> Iterator[Stage]:
    server = RunningServer(folder / "data")
    server.start()
    payloads = [server.upload(make_picture(seed=seed), "JPEG", flows=["staged"]) for seed in range(3)]
    for payload in payloads:
        server.watch_to_end(payload["job"]["id"])
    yield Stage(server, [payload["image"]["id"] for payload in reversed(payloads)], payloads[-1]["job"]["id"])
    if server.process is not None:
        server.stop()


def _run(clients: Path, script: str, stage: Stage) -> dict[str, Any]:
    """Return what a client says of what it did."""
    told = {"url": stage.server.url, "key": ADMIN_KEY, "flow": "staged", "images": stage.images, "job": stage.job}
    command = ["node", str(clients / script), json.dumps(told)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=clients)
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _check(facts: dict[str, Any], stage: Stage, name: str) -> None:
    assert facts["firstPage"] == stage.images[:2]
    assert facts["merged"] == stage.images
    assert (facts["made"], facts["refused"]) == (name, ["CONFLICT"])
    assert facts["updates"] == [["SNAPSHOT", None], ["ADDED", stage.images[0]]]
    assert facts["missed"] == [["ADDED", stage.images[1]]]
    assert facts["log"][-1] == "COMPLETED"
    assert facts["rest"] == facts["log"][1:]


def test_apollo_client(clients: Path, stage: Stage) -> None:
    _check(_run(clients, "apollo.mjs", stage), stage, "made-by-apollo")


def test_urql(clients: Path, stage: Stage) -> None:
    facts = _run(clients, "urql.mjs", stage)

    _check(facts, stage, "made-by-urql")
    assert facts["counts"] == [0, 2]


def test_relay_with_trusted_documents_alone(clients: Path, own_stage: Stage) -> None:
    server = own_stage.server
    server.stop()
    server.settings.update({"GF_TRUSTED_DOCUMENTS": "require", "GF_TRUSTED_DOCUMENTS_PATH": str(_compile(clients))})
    server.start()

    facts = _run(clients, "relay.mjs", own_stage)

    _check(facts, own_stage, "made-by-relay")
    assert facts["refetched"] == ["gallery_image"]
    assert facts["untrusted"] == ["DOCUMENT_NOT_TRUSTED"]


def _compile(clients: Path) -> Path:
    """Run Relay's compiler, which validates the schema and makes artifacts; return its manifest of documents."""
    manifest = clients / "persisted.json"
    manifest.write_text("{}", encoding="utf-8")
    shutil.copy(ROOT / "schema" / "schema.graphql", clients / "schema.graphql")
    generated = clients / "relay" / "__generated__"
    shutil.rmtree(generated, ignore_errors=True)
    generated.mkdir()
    command = ["node", "node_modules/relay-compiler/cli.js", "relay.config.json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=clients)
    assert done.returncode == 0, done.stderr + done.stdout
    return manifest
