"""A short form of `scripts/fuzz graphql`."""

import os
import subprocess
import sys

from tests.serving import ROOT


def test_answers_made_up_documents_without_a_bug() -> None:
    command = [sys.executable, "-P", str(ROOT / "scripts" / "fuzz.d" / "graphql.py"), "--examples", "200"]

    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "The log is empty." in done.stdout
