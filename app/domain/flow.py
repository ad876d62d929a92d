"""The flow: a named collection of images."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import InvalidInput
from app.domain.image import ImageId
from app.domain.label_rule import FlowLabelling
from app.domain.viewer import UserId

GENERAL = "general"
"""The flow of images for which no other is named; it belongs to nobody and is there from the start."""

MAX_FLOWS_PER_IMAGE = 20
MAX_DESCRIPTION_LENGTH = 2_000

_NAME = re.compile(r"\w[\w .-]{0,63}")
_RESERVED = frozenset({"all"})


@dataclass(frozen=True, slots=True)
class Flow:
    """A collection. `image_count` and `cover_id` are read from its images, failed ones left out.

    Attributes:
        editor_ids: Who may fill it, beside its owner.
        viewer_ids: Who may see it though it is private.
        admin_ids: Who may do all that its owner may.
        labelling: How its images get labels, and what follows from them; None when nothing was set.
    """

    name: str
    description: str
    owner_id: UserId | None
    is_public: bool
    editor_ids: tuple[UserId, ...]
    storage: str
    created_at: datetime
    image_count: int = 0
    cover_id: ImageId | None = None
    viewer_ids: tuple[UserId, ...] = ()
    admin_ids: tuple[UserId, ...] = ()
    labelling: FlowLabelling | None = None

    @property
    def member_ids(self) -> tuple[UserId, ...]:
        """Who may see it beside its owner, whatever else they may."""
        return (*self.editor_ids, *self.viewer_ids, *self.admin_ids)

    @property
    def id(self) -> str:
        return f"flow:{self.name}"


@dataclass(frozen=True, slots=True)
class FlowChanges:
    """What an owner may change; None leaves a value as it is."""

    description: str | None = None
    is_public: bool | None = None
    editor_ids: tuple[UserId, ...] | None = None
    viewer_ids: tuple[UserId, ...] | None = None
    admin_ids: tuple[UserId, ...] | None = None
    labelling: FlowLabelling | None = None


class FlowEventKind(StrEnum):
    """SNAPSHOT is no line of the log: it tells where a watcher begins, and to read the flow anew."""

    SNAPSHOT = "SNAPSHOT"
    ADDED = "ADDED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class FlowEvent:
    """One line of a flow's log.

    Attributes:
        sequence: Its place in the log: 1, 2, 3 … without a gap.
        image_id: The image that it is about; None for a snapshot.
    """

    sequence: int
    at: datetime
    kind: FlowEventKind
    image_id: ImageId | None


@dataclass(frozen=True, slots=True)
class FlowCursor:
    """A place in the log of one flow. Another flow that takes the name later was made at another time."""

    flow_created_at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class FlowUpdate:
    """What a watcher is told: a line of the log, and the flow as it was read right before."""

    flow: Flow
    event: FlowEvent

    @property
    def cursor(self) -> FlowCursor:
        return FlowCursor(self.flow.created_at, self.event.sequence)


def clean_flow_name(name: str) -> str:
    """Return the name trimmed.

    Raises:
        InvalidInput: It is not 1 to 64 letters, digits, spaces, dots, dashes and underscores, or is reserved.
    """
    name = name.strip()
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise InvalidInput(
            f"The flow name {name[:80]!r} is refused: 1 to 64 letters, digits, spaces, dots, dashes and "
            "underscores, the first a letter, digit or underscore.",
            field=("name",),
        )
    return name


def clean_flow_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names cleaned, each once, or the general flow when none is given.

    Raises:
        InvalidInput: A name is refused, or there are too many.
    """
    if len(names) > MAX_FLOWS_PER_IMAGE:
        raise InvalidInput(
            f"There are {len(names)} flows; at most {MAX_FLOWS_PER_IMAGE} are allowed.", field=("flows",)
        )
    return tuple(dict.fromkeys(clean_flow_name(name) for name in names)) or (GENERAL,)


def clean_description(description: str) -> str:
    """Return the description trimmed.

    Raises:
        InvalidInput: It is too long.
    """
    description = description.strip()
    if len(description) > MAX_DESCRIPTION_LENGTH:
        raise InvalidInput(
            f"The description has {len(description)} characters; at most {MAX_DESCRIPTION_LENGTH} are allowed.",
            field=("description",),
        )
    return description
