"""The locks: what pyproject.toml asks for, pinned and hashed, and silent about where it came from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
RUNTIME, BUILD, DEV = "requirements.lock", "requirements-build.lock", "requirements-dev.lock"
# A pin, its marker if it has one, then at least one hash a line.
PIN = re.compile(r"(?P<pin>[a-z0-9][^\\\n]*?)(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def lock_text(lock: str) -> str:
    """Return a lock without its opening comment."""
    return re.sub(r"^#.*\n", "", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)


def pins(lock: str) -> dict[str, set[str]]:
    """Return the versions of each package; there are several where Pythons differ."""
    found: dict[str, set[str]] = {}
    for match in PIN.finditer(lock_text(lock)):
        requirement = Requirement(match["pin"])
        version = str(requirement.specifier).removeprefix("==")
        found.setdefault(canonicalize_name(requirement.name), set()).add(version)
    return found


def asked(lock: str) -> list[Requirement]:
    """Return what pyproject.toml asks of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = [*project["build-system"]["requires"], "editables"]
    runtime = project["project"]["dependencies"]
    lines = {RUNTIME: runtime, BUILD: build, DEV: [*runtime, *build, *project["dependency-groups"]["dev"]]}
    return [Requirement(line) for line in lines[lock]]


@pytest.mark.parametrize("lock", [RUNTIME, BUILD, DEV])
def test_lock_is_nothing_but_hashed_pins(lock: str):
    assert PIN.sub("", lock_text(lock)) == ""
    assert pins(lock) != {}


@pytest.mark.parametrize("lock", [RUNTIME, BUILD, DEV])
def test_lock_holds_what_the_project_asks_for(lock: str):
    pinned = pins(lock)

    unmet = [
        str(requirement)
        for requirement in asked(lock)
        if not any(
            requirement.specifier.contains(version) for version in pinned.get(canonicalize_name(requirement.name), ())
        )
    ]

    assert unmet == []


@pytest.mark.parametrize("lock", [RUNTIME, BUILD])
def test_smaller_locks_are_parts_of_the_development_lock(lock: str):
    development = pins(DEV)

    assert {name: versions for name, versions in pins(lock).items() if development.get(name) != versions} == {}


@pytest.mark.parametrize("lock", [RUNTIME, BUILD, DEV])
def test_lock_names_no_address_and_no_path(lock: str):
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"\w+://|index-url|find-links|file:|(?<!\S)[./~]*/\S+|@ \S+", text) == []


def test_no_lock_holds_the_package_named_schema():
    assert [lock for lock in (RUNTIME, BUILD, DEV) if "schema" in pins(lock)] == []
