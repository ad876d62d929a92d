"""A folder of anything: what the script that takes it in says of each file."""

import io
import os
import struct
import subprocess
import zlib
from pathlib import Path

from tests.pictures import make_picture
from tests.serving import ROOT


def make_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "picture.jpg").write_bytes(make_picture())
    (folder / "cut.png").write_bytes(make_picture("PNG")[:200])
    (folder / "empty").write_bytes(b"")
    (folder / "page.html").write_bytes(b"<html><script>alert(1)</script>")
    (folder / "in").mkdir()
    (folder / "in" / "wide.png").write_bytes(make_wide_png())


def make_wide_png() -> bytes:
    """Return a PNG of 40,000,000 x 1 px in a few bytes."""
    file = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    file.seek(0, io.SEEK_END)
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 40_000_000, 1, 1, 0, 0, 0, 0)), (b"IEND", b"")):
        file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return file.getvalue()


def test_tells_how_each_file_ended(tmp_path: Path) -> None:
    make_files(tmp_path / "files")

    done = subprocess.run(
        [ROOT / "scripts" / "hostile", tmp_path / "files"],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.startswith("5 files: "), done.stderr
    first = done.stdout.splitlines()[0].removeprefix("5 files: ")
    assert sorted(first.split(", ")) == ["1 CORRUPT", "1 READY", "1 TOO_MANY_PIXELS", "2 NOT_AN_IMAGE"]
    assert "ended" not in done.stdout
