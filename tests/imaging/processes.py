"""The processes below one, as the kernel tells."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path


def descendants(pid: int) -> set[int]:
    """Return the living processes that `pid` has started, directly or not."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found: set[int] = set()
    while fresh := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= fresh
    return found


def fork_servers(module: bytes = b"app.imaging.forkserver") -> list[int]:
    """Return the fork servers of a module that this process has started itself."""
    children = (pid for pid in descendants(os.getpid()) if _parent(Path(f"/proc/{pid}")) == os.getpid())
    return sorted(pid for pid in children if module in Path(f"/proc/{pid}/cmdline").read_bytes())


def forked(servers: list[int]) -> list[int]:
    """Return the processes below fork servers."""
    return sorted({process for server in servers for process in descendants(server)})


def imaging_processes() -> list[int]:
    return forked(fork_servers())


def is_running(pid: int) -> bool:
    return _parent(Path(f"/proc/{pid}")) is not None


def cpu_ticks(pid: int) -> int:
    """Return how long a process has run, in hundredths of a second."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


async def until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def _parent(process: Path) -> int | None:
    """Return the parent of a process; None when it is gone or only waits to be reaped."""
    try:
        state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else int(parent)
