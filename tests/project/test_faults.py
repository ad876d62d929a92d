"""The scripts that break what runs, in their short forms: nothing is lost."""

import os
import subprocess

import pytest

from tests.redis_server import PROGRAM
from tests.serving import ROOT

with_redis = pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed (Debian)")

SHORT = [
    "kill --engine embedded --kills 3 --images 9",
    pytest.param("kill --engine redis --kills 3 --images 9", marks=with_redis),
    "steps --engine embedded --kind EXTERNAL --step PERSIST",
    pytest.param("redis --images 30 --away 1", marks=with_redis),
    pytest.param("listeners --listeners 40 --jobs 5 --deaf 4", marks=with_redis),
    "origins",
]


@pytest.mark.slow
@pytest.mark.parametrize("command", SHORT)
def test_breaks_nothing(command: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "faults", *command.split()],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.parametrize("name", ["", "cluster", "../bench.d/api"])
def test_knows_its_faults(name: str) -> None:
    done = subprocess.run([ROOT / "scripts" / "faults", name], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "names: kill steps redis listeners origins" in done.stderr
