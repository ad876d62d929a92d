"""Servers of Node that benches measure beside ours: npm installs them once, where git does not look."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "node"
FOLDER = Path(__file__).parents[3] / ".services" / "contenders"


@dataclass(frozen=True, slots=True)
class NodeServer:
    pid: int
    port: int


def install_node_servers(*, with_sqlite: bool) -> bool:
    """Let npm put the packages beside copies of the sources; say so when that cannot be.

    Args:
        with_sqlite: Whether better-sqlite3 must work. It is had built where its makers' files can be fetched, else
            compiled by the headers of Node in /usr, which takes minutes.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        print("Node's servers are left out: there is no node or npm.")
        return False
    shutil.copytree(SOURCES, FOLDER, dirs_exist_ok=True)
    npm = ["npm", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(FOLDER)]
    if not (FOLDER / "node_modules" / "graphql-yoga").is_dir() and not _run([*npm, "ci", "--ignore-scripts"]):
        return False
    built = FOLDER / "node_modules" / "better-sqlite3" / "build" / "Release" / "better_sqlite3.node"
    return not with_sqlite or built.is_file() or _run([*npm, "rebuild", "better-sqlite3", "--nodedir=/usr"])


def _run(command: list[str]) -> bool:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"Node's servers are left out: npm says {done.stderr.strip()[-200:]}")
    return done.returncode == 0


@contextmanager
def serve_node(script: str, *arguments: str) -> Iterator[NodeServer]:
    """Run one of the sources, which says its port."""
    command = ["node", str(FOLDER / script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield NodeServer(process.pid, int(process.stdout.readline()))
        finally:
            process.terminate()
