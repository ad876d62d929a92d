"""The command line as an operator meets it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.data_dir import DataDir

ROOT = Path(__file__).parent.parent.parent


def _run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GF_")}
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(
        command, check=False, cwd=ROOT, env=environment | settings, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("GF_PORT", "70000", "GF_PORT: Input should be less than or equal to 65535"),
        ("GF_MAX_PIXELS", "many", "GF_MAX_PIXELS: Input should be a valid integer"),
        ("GF_LOCAL_ROOTS", "pictures", "GF_LOCAL_ROOTS: 'pictures' is not an absolute path"),
        ("GF_SIGNING_KEYS", "short-secret", "GF_SIGNING_KEYS: each key must have at least 32 characters"),
        ("GF_JWT_KEYS", "new:short-secret", "GF_JWT_KEYS: each key must be given as id:key and have at least 32 bytes"),
        ("GF_JWT_KEYS", "n" * 40, "GF_JWT_KEYS: each key must be given as id:key and have at least 32 bytes"),
        ("GF_JWT_KEYS", '{"new": "short-secret"}', "GF_JWT_KEYS: each key must be given as id:key"),
        ("GF_OIDC_ISSUER", "https://id.example", "Settings: GF_OIDC_ISSUER and GF_OIDC_AUDIENCE must be set together"),
        ("GF_OIDC_ISSUER", "id.example", "GF_OIDC_ISSUER: the issuer must be an http or https address"),
        ("GF_DEFAULT_ROLE", "king", "GF_DEFAULT_ROLE: Input should be 'VIEWER', 'EDITOR' or 'ADMIN'"),
        ("GF_FETCH_ALLOW_CIDRS", "10.0.0.0/8,10.1.1.1/8", "GF_FETCH_ALLOW_CIDRS: 10.1.1.1/8 has host bits set"),
        ("GF_FETCH_ALLOW_CIDRS", "intranet", "GF_FETCH_ALLOW_CIDRS: 'intranet' does not appear to be an IPv4 or IPv6"),
        ("GF_STORAGE", "floppy", "GF_STORAGE: Input should be 'local'"),
        ("GF_STORAGE", "local,local", "GF_STORAGE: 'local' is named twice"),
        ("GF_STORAGE", "s3", "Settings: GF_S3_BUCKET must be set when GF_STORAGE names s3"),
        ("GF_ENV", "production", "Settings: GF_ADMIN_KEY must be set when GF_ENV is production"),
    ],
)
def test_names_each_fault_of_the_settings(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    done = _run("doctor", **{"GF_DATA_DIR": str(tmp_path), name: value})

    assert done.returncode == 2
    assert complaint in done.stderr
    assert "short-secret" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"GF_PLUGINS": "polish"}, "there is no plugin 'polish'; installed are face-blur, watermark"),
        ({"GF_PLUGINS": "watermark"}, "GF_WATERMARK must be set when GF_PLUGINS names watermark"),
        ({"GF_PRESETS": "card=w9_watermark"}, "GF_WATERMARK must be set for the preset 'card'"),
        ({"GF_WATERMARK": "/nowhere/mark.png"}, "GF_WATERMARK: there is no file '/nowhere/mark.png'"),
        ({"GF_PLUGINS": "face-blur"}, "GF_FACE_DETECTOR must be set when GF_PLUGINS names face-blur"),
        ({"GF_FACE_DETECTOR": "/nowhere/faces.onnx"}, "GF_FACE_DETECTOR: there is no file '/nowhere/faces.onnx'"),
        ({"GF_PLUGIN_OPTIONS": "tag=sea"}, "GF_PLUGIN_OPTIONS: the options must be a JSON object"),
    ],
)
def test_a_server_does_not_start_without_what_its_plugins_need(
    tmp_path: Path, settings: dict[str, str], complaint: str
) -> None:
    done = _run("serve", **{"GF_DATA_DIR": str(tmp_path / "data"), "GF_PORT": "0", **settings})

    assert done.returncode == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "data").exists()


def test_finds_a_sound_installation_sound(tmp_path: Path) -> None:
    done = _run("doctor", GF_DATA_DIR=str(tmp_path / "data"))

    assert done.returncode == 0, done.stdout
    assert "database" in done.stdout
    assert "FAIL" not in done.stdout


def test_says_that_the_data_folder_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")

    done = _run("doctor", GF_DATA_DIR=str(tmp_path / "data"))

    assert done.returncode == 1
    assert "FAIL" in done.stdout
    assert "Traceback" not in done.stderr


def test_imports_nothing_from_nowhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    done = _run("import", str(tmp_path / "empty"), GF_DATA_DIR=str(tmp_path / "data"))

    assert done.returncode == 2
    assert "INVALID_INPUT: There are no pictures to import." in done.stderr


def test_fails_an_import_with_a_bad_file_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"not a picture")

    done = _run("import", str(tmp_path / "broken.png"), GF_DATA_DIR=str(tmp_path / "data"))

    assert done.returncode == 1
    assert "broken.png: NOT_AN_IMAGE" in done.stdout


def test_prints_the_committed_schema() -> None:
    assert _run("schema").stdout == (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")


def test_makes_secrets_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataDir(tmp_path / "data")
    folder.create()

    first, again = folder.admin_key(), folder.admin_key()

    assert (first[1], again) == (True, (first[0], False))
    assert folder.signing_key() == folder.signing_key()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.root.iterdir()}
    assert modes == {"admin.key": 0o600, "signing.key": 0o600}


def test_a_server_that_is_ready_collects_no_garbage_of_its_own_parts(tmp_path: Path) -> None:
    program = """
import gc, os, signal
from app.main import create_app
from app.server import run_server
from app.settings import Settings

def announce(application, base):
    print(gc.get_freeze_count() > 100_000, len(gc.get_objects(generation=2)), flush=True)
    os.kill(os.getpid(), signal.SIGINT)

settings = Settings()
run_server(settings, create_app(settings), announce)
"""
    environment = {**os.environ, "GF_DATA_DIR": str(tmp_path), "GF_PORT": "0"}

    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)

    assert done.stdout.split() == ["True", "0"], done.stderr
