"""The shape that every Python file of the project keeps."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("app", "schema", "scripts", "tests")
PACKAGES = ("app", "schema")
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
PACKAGES_THAT_MAY_SAY_MORE = {"app", "app/ports", "app/services"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield each file's path from the root, and its text."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def functions(text: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, Function))


def test_finds_the_files_it_judges():
    found = {path for path, _ in python_files(*FOLDERS)}

    assert {"app/__init__.py", "schema/__init__.py", "tests/project/test_style.py"} <= found


def test_files_are_short():
    lengths = {path: len(text.splitlines()) for path, text in python_files(*FOLDERS)}

    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_functions_are_short():
    lengths = {
        f"{path}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path, text in python_files(*FOLDERS)
        for function in functions(text)
    }

    assert {place: length for place, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_file_names_say_something():
    names = {path: path.rpartition("/")[2].removesuffix(".py") for path, _ in python_files(*FOLDERS)}

    assert [path for path, name in names.items() if name.removeprefix("_") in NAMES_THAT_SAY_NOTHING] == []


def test_modules_open_with_a_sentence():
    openings = {
        path: (ast.get_docstring(ast.parse(text), clean=False) or "").partition("\n")[0]
        for path, text in python_files(*FOLDERS)
        if text.strip()
    }

    assert {path: line for path, line in openings.items() if not re.fullmatch(r"\S.*\.", line)} == {}


def test_packages_open_empty():
    held = {
        path.removesuffix("/__init__.py")
        for path, text in python_files(*PACKAGES)
        if path.endswith("__init__.py") and text.strip()
    }

    assert held <= PACKAGES_THAT_MAY_SAY_MORE


def test_tests_are_no_packages():
    assert [path for path, _ in python_files("tests") if path.endswith("__init__.py")] == []


def test_test_files_have_names_of_their_own():
    names = [path.rpartition("/")[2] for path, _ in python_files("tests") if "/test_" in path]

    assert sorted(names) == sorted(set(names))


def is_back_edge(path: str, node: ast.Import | ast.ImportFrom) -> bool:
    """Return whether one GraphQL type reaches back to another that imports it."""
    return (
        path.startswith("schema/types/")
        and isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("schema.types.")
    )


def test_imports_stand_at_the_top():
    late = [
        f"{path}:{node.lineno}"
        for path, text in python_files(*FOLDERS)
        for function in functions(text)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and not is_back_edge(path, node)
    ]

    assert late == []
