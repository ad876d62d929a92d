"""A Redis of the tests' own, where there is one."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a Redis, and its process, which a test may kill."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on this machine")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    while b"Ready to accept connections" not in (line := process.stdout.readline()):
        assert line, "redis-server did not start"
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()
    process.stdout.close()
