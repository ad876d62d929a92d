"""The packages of npm that tests drive: locked in `tests/clients`, installed once where git does not look."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "clients"
FOLDER = Path(__file__).parent.parent / ".services" / "clients"
LOCK = "package-lock.json"


def install_clients() -> Path:
    """Return a folder with the sources of clients beside the packages that they need; without npm the test skips."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("there is no node or npm to run clients with (Debian: apt-get install nodejs npm)")
    installed = FOLDER / "installed.json"
    if not installed.is_file() or installed.read_bytes() != (SOURCES / LOCK).read_bytes():
        _install()
        shutil.copy(SOURCES / LOCK, installed)
    shutil.copytree(SOURCES, FOLDER, dirs_exist_ok=True)
    return FOLDER


def _install() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(SOURCES, FOLDER)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(FOLDER)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"npm could not install the clients: {done.stderr.strip()[-200:]}")
