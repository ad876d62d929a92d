"""Where the processes of a pool come from: a fork server of our own, started anew should it ever die."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.errors import Busy
from app.imaging.process import PoolProcess, peek

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# glibc keeps large blocks from one picture to the next: fresh pages from the kernel cost a seventh of the time.
_MALLOC: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20),
}


class ForkServer:
    """Forks processes that hold nothing of the server: no memory, no open file, no environment."""

    def __init__(self, module: str, *limits: "DataclassInstance", environment: Mapping[str, str] | None = None) -> None:
        """Take what is run.

        Args:
            module: Run as `python -m MODULE FD LIMITS`; `app.imaging.forkserver` says what it does.
            limits: What it is told, as one JSON array.
            environment: What it is to know beside where the code is.
        """
        self._module = module
        self._limits = json.dumps([asdict(each) for each in limits])
        self._environment = environment or {}
        self._process: Process | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()

    async def fork(self) -> PoolProcess:
        """Return a new process that is ready.

        Raises:
            Busy: The machine gives none.
        """
        ours, theirs = socket.socketpair()
        process = PoolProcess(ours)
        try:
            with theirs:
                socket.send_fds(await self._connect(), [b"f"], [theirs.fileno()])
            await process.start()
        except BaseException as error:
            process.kill()
            if isinstance(error, EOFError | OSError):  # of which TimeoutError is one
                raise Busy("No process can be started.") from error
            raise
        return process

    async def close(self) -> None:
        """Kill every process that was forked, and wait for the end."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            await self._process.wait()

    async def _connect(self) -> socket.socket:
        async with self._starting:
            if self._control is None or peek(self._control) == b"":
                await self.close()
                self._control, self._process = await self._start()
            return self._control

    async def _start(self) -> tuple[socket.socket, Process]:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, str(theirs.fileno()), self._limits),
                stdin=DEVNULL,
                stdout=DEVNULL,
                env={**worker_environment(), **self._environment},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # out of reach of Ctrl-C, and a group that can be killed as one
            )
        return ours, process


def worker_environment() -> dict[str, str]:
    """Return what the decoders may know: where the code is, and nothing of the server's settings and secrets."""
    environment = {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path), **_MALLOC}
    with suppress(KeyError):
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return environment
