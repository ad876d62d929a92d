"""A server that is killed in the midst of a write."""

import subprocess
import sys
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

KEY = f"{'0a' * 16}.jpeg"
REPOSITORY = Path(__file__).parents[2]
SIZE = 3 * 1024 * 1024

HALF_AN_UPLOAD = """
import asyncio, sys
from pathlib import Path
from app.blobs.local import LocalStore

async def stalling():
    yield bytes(2 * 1024 * 1024)
    yield bytes(1024 * 1024)
    print("halfway", flush=True)
    await asyncio.Event().wait()

asyncio.run(LocalStore(Path(sys.argv[1])).put_new(sys.argv[2], stalling(), 1 << 30))
"""

ENDLESS_REPLACING = """
import asyncio, sys
from pathlib import Path
from app.blobs.local import LocalStore

async def main():
    store, number = LocalStore(Path(sys.argv[1])), 0
    while True:
        await store.put(sys.argv[2], bytes([number % 256]) * int(sys.argv[3]))
        print("written", flush=True)
        number += 1

asyncio.run(main())
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


def kill_after(child: subprocess.Popen[str], lines: int) -> list[str]:
    """Kill the child with SIGKILL once it has printed so many lines; return them."""
    with child:
        printed = [child.stdout.readline().strip() for _ in range(lines)]
        child.kill()
    return printed


async def test_an_upload_that_was_killed_halfway_is_no_object(local, root):
    assert kill_after(start(HALF_AN_UPLOAD, root, KEY), 1) == ["halfway"]

    [leftover] = (root / ".unfinished").iterdir()
    assert leftover.stat().st_size == SIZE
    assert await local.find(KEY) is None
    assert [stat async for stat in local.list()] == []
    assert await local.sweep(datetime.now(UTC) + timedelta(seconds=5)) == 1
    assert list((root / ".unfinished").iterdir()) == []


@pytest.mark.parametrize("lines", [1, 2, 3, 5])
async def test_an_object_that_was_being_replaced_is_whole(local, root, lines):
    assert kill_after(start(ENDLESS_REPLACING, root, KEY, SIZE), lines) == ["written"] * lines

    async with aclosing(local.read(KEY)) as chunks:
        data = b"".join([chunk async for chunk in chunks])

    assert len(data) == SIZE
    assert len(set(data)) == 1
    assert data[0] >= lines - 1
