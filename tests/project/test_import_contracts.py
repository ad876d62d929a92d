"""Who may import whom, as `[tool.importlinter]` in pyproject.toml says."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def contracts() -> dict[str, dict[str, list[str]]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {contract["name"]: contract for contract in settings["contracts"]}


def test_contracts_are_kept():
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(contracts())} kept, 0 broken." in done.stdout


def test_every_part_of_app_has_its_layer():
    layers = contracts()["Layers import downward only"]["layers"]
    placed = {name for layer in layers for name in re.findall(r"[\w.]+", layer)}

    parts = {f"app.{path.stem}" for path in (ROOT / "app").iterdir() if path.suffix == ".py" or is_package(path)}

    assert parts - {"app.__init__"} - placed == set()


def is_package(folder: Path) -> bool:
    return any(folder.glob("*.py"))


def test_domain_and_ports_import_the_standard_library_alone():
    files = sorted(path for folder in ("app/domain", "app/ports") for path in (ROOT / folder).rglob("*.py"))

    foreign = {
        path.relative_to(ROOT).as_posix(): imported_packages(path) - sys.stdlib_module_names - {"app"} for path in files
    }

    assert len(files) > 1
    assert {name: packages for name, packages in foreign.items() if packages} == {}


def imported_packages(path: Path) -> set[str]:
    """Return the first part of each absolute name that the file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}
