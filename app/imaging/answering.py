"""The inside of every process of a pool: one request after the other, within limits that the kernel holds."""

import os
import resource
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from app.imaging.limits import PoolLimits
from app.imaging.messages import Answer

Asked = TypeVar("Asked")


def serve(connection: Connection, pool: PoolLimits, answer: Callable[[Asked], Answer]) -> None:
    """Send the process id (4 bytes, big end first), then answer requests until the other side closes."""
    _silence()
    _confine(pool)
    os.write(connection.fileno(), os.getpid().to_bytes(4, "big"))
    while True:
        try:
            request = connection.recv()
        except EOFError:
            return
        _allow_cpu(pool.timeout_s)
        connection.send(answer(request))


def _silence() -> None:
    """Let nothing be printed: some decoders write a line for each fault in a file."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def _confine(pool: PoolLimits) -> None:
    os.nice(pool.nice)
    resource.setrlimit(resource.RLIMIT_AS, (pool.max_memory_bytes, pool.max_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_cpu(seconds: float) -> None:
    """Let the kernel end this process after so much more CPU time, should the server not be there to do it."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 2, hard))
