"""A disk that is really small: a file system in memory, which fills up as any other does."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mount_small_disk(folder: Path, byte_size: int) -> Iterator[None]:
    """Mount a file system with room for so many bytes. That needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", f"size={byte_size}", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def enlarge_disk(folder: Path, byte_size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={byte_size}", folder], check=True)
