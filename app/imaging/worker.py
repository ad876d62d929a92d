"""The inside of an imaging process: one picture after the other, within limits that the kernel holds."""

import os
import resource
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from app.domain.errors import CorruptImage, DecoderDied, DomainError
from app.imaging.inspect import inspect
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.messages import Answer, Request, Task
from app.imaging.pipeline import render
from app.imaging.variant import render_variant
from app.ports.imaging import Header, Rendering, VariantBytes

_MAX_TRACE_LENGTH: Final = 4000
_TASKS: Final[Mapping[Task, Callable[[Request, ImageLimits], Header | Rendering | VariantBytes]]] = {
    Task.INSPECT: lambda request, limits: inspect(Path(request.path), limits),
    Task.RENDER: lambda request, limits: render(Path(request.path), limits),
    Task.VARIANT: lambda request, limits: render_variant(Path(request.path), request.spec, limits),
}


def serve(connection: Connection, limits: ImageLimits, pool: PoolLimits) -> None:
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
        connection.send(_answer(request, limits))


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


def _answer(request: Request, limits: ImageLimits) -> Answer:
    try:
        return Answer(_TASKS[request.task](request, limits))
    except DomainError as error:
        return Answer(error=error)
    except MemoryError:
        return Answer(error=DecoderDied("The image needs more memory than is allowed."))
    except Exception:  # noqa: BLE001  # the entry point of the process; the server logs the trace
        trace = traceback.format_exc()[-_MAX_TRACE_LENGTH:]
        return Answer(error=CorruptImage("The image cannot be worked on."), trace=trace)
