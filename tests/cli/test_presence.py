"""Who works on a data folder: the first one knows that it is alone, and the dead do not count."""

import subprocess
import sys
from pathlib import Path

from app.data_dir import DataDir

WORK = """import sys; from pathlib import Path; from app.data_dir import DataDir
with DataDir(Path(sys.argv[1])).presence() as presence:
    presence.share()
    print("here", flush=True)
    sys.stdin.read()
"""


def test_one_that_comes_first_is_alone_and_the_next_is_not(tmp_path: Path) -> None:
    with DataDir(tmp_path).presence() as first, DataDir(tmp_path).presence() as second:
        found = [first.is_alone(), second.is_alone()]
        first.share()
        second.share()

        assert found == [True, False]


def test_the_dead_do_not_count(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", WORK, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None

    with other.stdin, other.stdout, DataDir(tmp_path).presence() as presence:
        assert other.stdout.readline() == "here\n"
        found = [presence.is_alone()]
        other.kill()
        other.wait(10)
        found.append(presence.is_alone())

    assert found == [False, True]
