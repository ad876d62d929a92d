"""The audit of GraphQL over HTTP by those who wrote the specification: graphql-http of npm."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(__file__).parent.parent.parent / ".services" / "graphql-http"
PACKAGES = ("graphql@16.15.0", "graphql-http@1.23.1")
AUDIT = """import { auditServer } from 'graphql-http';
const results = await auditServer({ url: process.argv[2] });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
"""


@pytest.fixture(scope="module")
def audit() -> Path:
    """The script, beside the packages that it needs; installed once into a folder that git does not see."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("there is no node or npm to run the audit with")
    if not (CACHE / "node_modules" / "graphql-http").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(CACHE)]
        done = subprocess.run([*command, *PACKAGES], check=False, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"npm could not install the audit: {done.stderr.strip()[-200:]}")
    script = CACHE / "audit.mjs"
    script.write_text(AUDIT, encoding="utf-8")
    return script


def test_passes_the_audit_whole(server: str, audit: Path) -> None:
    done = subprocess.run(
        ["node", str(audit), f"{server}/graphql"], check=False, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
