"""The records of images."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.color_report import ColorReport
from app.domain.image import Derived, Image, ImageChanges, ImageFilter, ImageId, ImageOrder
from app.domain.page import Page, PageRequest
from app.domain.quota import UNLIMITED, Quota
from app.domain.similarity import SimilarImage
from app.domain.viewer import UserId, Viewer


class ImageRecords(Protocol):
    async def find(self, image_id: ImageId) -> Image | None: ...

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """Return those that exist."""
        ...

    async def find_by_sha256(self, owner_id: UserId, sha256: str) -> Image | None:
        """Return the owner's oldest image with these bytes that is not failed."""
        ...

    async def find_similar(self, difference_hash: str, max_distance: int, limit: int) -> tuple[SimilarImage, ...]:
        """Return images whose hash differs in at most so many bits, the nearest first, then by id.

        Args:
            max_distance: 0 to 11 of 64 bits. All near ones are found, unless more than 20,000 share a part of the hash.
        """
        ...

    async def list(self, viewer: Viewer, filters: ImageFilter, order: ImageOrder, page: PageRequest) -> Page[Image]:
        """Return a page of what the viewer may see: public, own, or everything for an admin."""
        ...

    async def scan(self, after: ImageId | None, limit: int) -> tuple[Image, ...]:
        """Return images of every state in the order of their ids, from the first one behind `after`."""
        ...

    async def count(self, viewer: Viewer, filters: ImageFilter) -> int: ...

    async def add(self, image: Image, flows: Sequence[str], quota: Quota = UNLIMITED) -> Image:
        """Keep a new image and put it into the flows that exist; return what is kept.

        An image of that id that is there already is left as it is: the call is idempotent.

        Raises:
            QuotaExceeded: It does not fit in; nothing changed.
        """
        ...

    async def finish(self, image_id: ImageId, derived: Derived) -> None:
        """Keep what was made of the pixels and make the image READY; nothing when it is deleted, or edited."""
        ...

    async def update(self, image_id: ImageId, changes: ImageChanges) -> Image:
        """Raises: NotFound."""
        ...

    async def add_color_reports(self, reports: Sequence[ColorReport], at: datetime) -> None:
        """Keep each report, over an older one of the same browser; those of images that are gone are passed over."""
        ...

    async def delete(self, image_ids: Sequence[ImageId]) -> None:
        """Forget the images and their places in flows; those that are not there are passed over."""
        ...
