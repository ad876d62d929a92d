"""The shell scripts: each one parses, and `scripts/install` installs by hash, once, wherever the checkout lies."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHELLS = {"#!/bin/sh": ["sh"], "#!/usr/bin/env bash": ["bash"]}
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
RUNTIME_INSTALL = [
    "-m pip install --quiet --require-hashes -r requirements.lock -r requirements-build.lock",
    "-m pip install --quiet --no-deps --no-build-isolation --editable .",
]
# Answers as a Python would that has venv and pip, but can get no uv; every call but the check of its version is logged.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
  -c*) exit 0 ;;
  *'install --quiet uv') exit 1 ;;
  '-m venv --clear .venv') mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *) echo "$*" >>calls ;;
esac
"""


def first_line(path: Path) -> str:
    return path.read_bytes().partition(b"\n")[0].decode("utf-8", "replace")


def shell_scripts() -> list[Path]:
    files = [path for folder in ("scripts", ".ci") for path in sorted((ROOT / folder).iterdir()) if path.is_file()]
    return [path for path in files if first_line(path) in SHELLS]


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda path: path.name)
def test_script_parses_and_may_be_run(script: Path):
    done = subprocess.run(
        [*SHELLS[first_line(script)], "-n", str(script)], capture_output=True, text=True, timeout=10, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("name", ["serve", "test", "lint", "check", "install", "lock"])
def test_script_stops_at_the_first_fault(name: str):
    assert "\nset -eu\n" in (ROOT / "scripts" / name).read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder whose name has a space, with a Python that only tells what it was asked."""
    root = tmp_path / "a checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, root / name)
    python = root / "fake python"
    python.write_text(FAKE_PYTHON, encoding="utf-8")
    python.chmod(0o755)
    return root


def run_install(checkout: Path, packages: str, python: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run it from another folder, with a home that cannot be written."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/dev/null", "PYTHON": python or str(checkout / "fake python")}
    command = [str(checkout / "scripts" / "install"), packages]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=30, check=False)


def take_calls(checkout: Path) -> list[str]:
    """Return what the Python was asked since the last time."""
    log = checkout / "calls"
    calls = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return calls


def test_install_checks_hashes_and_builds_with_what_is_locked(checkout: Path):
    done = run_install(checkout, "runtime")

    assert (done.returncode, done.stdout) == (0, "")
    assert take_calls(checkout) == RUNTIME_INSTALL


def test_install_does_nothing_when_nothing_changed(checkout: Path):
    run_install(checkout, "runtime")
    take_calls(checkout)

    done = run_install(checkout, "runtime")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert take_calls(checkout) == []


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock", "requirements-build.lock"])
def test_install_runs_again_when_its_inputs_changed(checkout: Path, changed: str):
    run_install(checkout, "runtime")
    take_calls(checkout)
    with (checkout / changed).open("a") as file:
        file.write("# another line\n")

    done = run_install(checkout, "runtime")

    assert done.returncode == 0
    assert take_calls(checkout) == RUNTIME_INSTALL


def test_install_runs_again_when_the_checkout_moved(checkout: Path):
    run_install(checkout, "runtime")
    take_calls(checkout)
    moved = checkout.rename(checkout.with_name("moved"))

    run_install(moved, "runtime")

    assert take_calls(moved) == RUNTIME_INSTALL


def test_development_set_holds_the_runtime_set(checkout: Path):
    run_install(checkout, "dev")
    first = take_calls(checkout)

    run_install(checkout, "runtime")

    assert first == ["-m pip install --quiet --require-hashes -r requirements-dev.lock", RUNTIME_INSTALL[1]]
    assert take_calls(checkout) == []


def test_install_says_which_python_is_needed(checkout: Path):
    done = run_install(checkout, "runtime", python="/bin/false")

    assert (done.returncode, done.stdout) == (1, "")
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()


def test_install_refuses_a_set_that_it_does_not_know(checkout: Path):
    done = run_install(checkout, "everything")

    assert (done.returncode, done.stderr) == (2, "Usage: scripts/install runtime|dev\n")
    assert not (checkout / ".venv").exists()
