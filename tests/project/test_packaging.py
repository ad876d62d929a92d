"""The wheel holds everything that the server reads, and its packages are ours."""

import json
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import app
import schema

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("app", "schema")
PLACES = "import json, app, schema; print(json.dumps([app.__file__, schema.__file__]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build as an installer does, without a network: hatchling is installed beside the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def wheel_text(wheel: Path, name: str) -> str:
    """Return a file of the wheel's own `.dist-info` folder."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"gf_images-{app.__version__}.dist-info/{name}").decode()


def test_wheel_holds_every_file_of_its_packages(wheel: Path):
    kept = {
        path.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file()
    }
    sources = {path for path in kept if "/__pycache__/" not in path}

    packed = {path for path in wheel_files(wheel) if path.split("/")[0] in PACKAGES}

    assert packed == sources


@pytest.mark.parametrize(
    ("folder", "suffix"),
    [
        ("app/records/sqlite/migrations/", ".sql"),
        ("app/console/templates/", ".html"),
        ("app/console/static/", ".js"),
        ("app/console/static/", ".css"),
        ("schema/", "schema.graphql"),
    ],
)
def test_wheel_holds_the_data_that_the_server_reads(wheel: Path, folder: str, suffix: str):
    assert [path for path in wheel_files(wheel) if path.startswith(folder) and path.endswith(suffix)] != []


def test_wheel_holds_nothing_but_its_packages(wheel: Path):
    assert {path.split("/")[0] for path in wheel_files(wheel)} == {*PACKAGES, f"gf_images-{app.__version__}.dist-info"}


def test_wheel_names_the_command_the_plugins_and_the_licence(wheel: Path):
    metadata = Parser().parsestr(wheel_text(wheel, "METADATA"))

    assert wheel_text(wheel, "entry_points.txt").splitlines() == [
        "[console_scripts]",
        "gf-images = app.cli:main",
        "",
        "[gf_images.plugins]",
        "face-blur = app.plugins.face_blur:open_face_blur",
        "watermark = app.plugins.watermark:open_watermark",
    ]
    assert (metadata["Name"], metadata["Version"]) == ("gf-images", app.__version__)
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")


def test_packages_import_from_the_wheel(wheel: Path, tmp_path: Path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)

    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {PLACES}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(done.stdout) == [str(tmp_path / name / "__init__.py") for name in PACKAGES]


def test_schema_is_ours_and_not_the_package_of_that_name():
    owners = packages_distributions().get("schema", ["gf-images"])

    assert Path(str(schema.__file__)) == ROOT / "schema" / "__init__.py"
    assert set(owners) == {"gf-images"}
