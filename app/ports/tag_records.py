"""The records of tags."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.image import Image, ImageId
from app.domain.page import Page, PageRequest
from app.domain.tag import Tag
from app.domain.viewer import UserId


class TagRecords(Protocol):
    """The tags of images, which are also in the images themselves."""

    async def change(
        self, image_ids: Sequence[ImageId], *, added: Sequence[str] = (), removed: Sequence[str] = ()
    ) -> tuple[Image, ...]:
        """Take tags from images and then give them others, behind those that they keep; return the images by id.

        Those that are not there are passed over. No change in between is lost, whoever else changes tags meanwhile.

        Raises:
            InvalidInput: An image would have more than MAX_TAGS; nothing changed.
        """
        ...

    async def find_tagged(self, owner_id: UserId, tag: str, limit: int) -> tuple[ImageId, ...]:
        """Return images of a user that have a tag, by id."""
        ...

    async def find(self, owner_id: UserId, tag: str) -> Tag | None: ...

    async def list(self, owner_id: UserId, prefix: str, page: PageRequest) -> Page[Tag]:
        """Return a page of the tags of a user's images that begin so, by name."""
        ...

    async def count(self, owner_id: UserId, prefix: str) -> int: ...
