"""What an imaging process does with a request."""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from app.domain.errors import CorruptImage, DecoderDied, DomainError
from app.imaging.edits.replay import replay
from app.imaging.inspect import inspect
from app.imaging.limits import ImageLimits
from app.imaging.messages import MAX_TRACE_LENGTH, Answer, Request, Task
from app.imaging.pipeline import render
from app.imaging.plugins import run_plugin
from app.imaging.variant import render_variant
from app.ports.imaging import PluginFinding


def _ask_plugin(request: Request, limits: ImageLimits) -> PluginFinding:
    if request.plugin is None:
        raise TypeError("no plugin is named")
    return run_plugin(Path(request.path), request.plugin, limits)


_TASKS: Final[Mapping[Task, Callable[[Request, ImageLimits], object]]] = {
    Task.INSPECT: lambda request, limits: inspect(Path(request.path), limits),
    Task.RENDER: lambda request, limits: render(Path(request.path), limits),
    Task.VARIANT: lambda request, limits: render_variant(Path(request.path), request.spec, limits, request.overlays),
    Task.EDIT: lambda request, limits: replay(Path(request.path), request.operations, request.overlays, limits),
    Task.PLUGIN: _ask_plugin,
}


def answer(request: Request, limits: ImageLimits) -> Answer:
    try:
        return Answer(_TASKS[request.task](request, limits))
    except DomainError as error:
        return Answer(error=error)
    except MemoryError:
        return Answer(error=DecoderDied("The image needs more memory than is allowed."))
    except Exception:  # noqa: BLE001  # the entry point of the process; the server logs the trace
        trace = traceback.format_exc()[-MAX_TRACE_LENGTH:]
        return Answer(error=CorruptImage("The image cannot be worked on."), trace=trace)
