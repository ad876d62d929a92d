"""What the server and an imaging process say to each other; neither side's libraries are needed to read it.

Messages are pickled and led by their length, as by `multiprocessing.connection`. Both sides are this program under
the same user, so a decoder that was taken over gains nothing by a forged answer.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.domain.edit import EditOperation
from app.domain.errors import DomainError
from app.domain.variant import VariantSpec
from app.imaging.edits.assets import NO_OVERLAYS, Overlays
from app.ports.imaging import PluginCall

MAX_TRACE_LENGTH: Final = 4000


class Task(StrEnum):
    INSPECT = "INSPECT"
    RENDER = "RENDER"
    VARIANT = "VARIANT"
    EDIT = "EDIT"
    PLUGIN = "PLUGIN"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be done; `spec` says which VARIANT, `operations` which EDIT, `plugin` which PLUGIN."""

    task: Task
    path: str
    spec: VariantSpec = field(default_factory=VariantSpec)
    operations: tuple[EditOperation, ...] = ()
    overlays: Overlays = NO_OVERLAYS
    plugin: PluginCall | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: `result`, or `error`; `trace` tells of a fault that nobody expected."""

    result: object = None
    error: DomainError | None = None
    trace: str = ""
