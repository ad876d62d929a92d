"""The audit of GraphQL over HTTP by those who wrote the specification: graphql-http of npm."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.node_packages import install_clients


@pytest.fixture(scope="module")
def clients() -> Path:
    return install_clients()


def test_passes_the_audit_whole(server: str, clients: Path) -> None:
    done = subprocess.run(
        ["node", str(clients / "audit.mjs"), f"{server}/graphql"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
