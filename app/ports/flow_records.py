"""The records of flows, what is in them, and their log."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.flow import Flow, FlowChanges, FlowEvent
from app.domain.image import ImageId
from app.domain.page import Page, PageRequest
from app.domain.viewer import Viewer


class FlowRecords(Protocol):
    async def find(self, name: str) -> Flow | None: ...

    async def find_many(self, names: Sequence[str]) -> Mapping[str, Flow]: ...

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Flow, ...]]:
        """Return the flows of each image, by name."""
        ...

    async def list(self, viewer: Viewer, search: str | None, page: PageRequest) -> Page[Flow]:
        """Return a page, by name, of the flows that the viewer may see and whose name holds `search`."""
        ...

    async def count(self, viewer: Viewer, search: str | None) -> int: ...

    async def add(self, flow: Flow) -> None:
        """Raises: Conflict when the name is taken."""
        ...

    async def add_missing(self, flows: Sequence[Flow]) -> None:
        """Keep those whose name is free; the others are left as they are."""
        ...

    async def update(self, name: str, changes: FlowChanges) -> Flow:
        """Raises: NotFound."""
        ...

    async def delete(self, name: str) -> None:
        """Forget the flow; its images stay. Raises: NotFound."""
        ...

    async def add_images(self, name: str, image_ids: Sequence[ImageId]) -> None:
        """Put images into the flow; those that are there already stay where they are. Raises: NotFound."""
        ...

    async def remove_images(self, name: str, image_ids: Sequence[ImageId]) -> None: ...

    async def events(self, name: str, after: int, limit: int = 500) -> tuple[FlowEvent, ...]:
        """Return the log of a flow after a sequence number. No lower one can appear later.

        The newest 10,000 lines are kept: the first one here may be more than one behind `after`. Every image that
        is added to the flow, removed from it, or changed while in it has its line, written together with the change.
        """
        ...

    async def last_event(self, name: str) -> int:
        """Return the sequence number of the newest line of a flow's log; 0 when there is none."""
        ...
