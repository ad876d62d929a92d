"""Tags: giving them to images, taking them away, renaming and listing them."""

from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import InvalidInput
from app.domain.image import Image, ImageId, clean_tags
from app.domain.page import MAX_PAGE_SIZE, Page, PageRequest
from app.domain.tag import MAX_RENAMED, Renaming, Tag
from app.domain.viewer import Viewer
from app.ports.records import Records
from app.services.images import ImageService

_AT_ONCE = 200
"""Images whose tags are changed in one transaction, for which all others that write have to wait."""


@dataclass(frozen=True, slots=True)
class TagService:
    records: Records
    images: ImageService

    async def add(self, viewer: Viewer, image_ids: tuple[str, ...], tags: tuple[str, ...]) -> tuple[Image, ...]:
        """Give tags to images, in the order of their ids.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput: Nothing changed.
        """
        ids = await self._editable(viewer, image_ids)
        changed = await self.records.tags.change(ids, added=_given(tags))
        await self.images.tell_changed(ids)
        return changed

    async def remove(self, viewer: Viewer, image_ids: tuple[str, ...], tags: tuple[str, ...]) -> tuple[Image, ...]:
        """Take tags from images, in the order of their ids; what an image has not is passed over.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput: Nothing changed.
        """
        ids = await self._editable(viewer, image_ids)
        changed = await self.records.tags.change(ids, removed=_given(tags))
        await self.images.tell_changed(ids)
        return changed

    async def rename(self, viewer: Viewer, name: str, new_name: str) -> Renaming:
        """Give all of the user's own images that have a tag another instead, MAX_RENAMED at most in one go.

        What breaks off in the midst has renamed some, and goes on when it is called again.

        Raises:
            Unauthenticated, Forbidden, InvalidInput
            NotFound: None of the images has the tag.
        """
        user = policy.require_editor(viewer)
        [old], [new] = clean_tags((name,)), clean_tags((new_name,))
        if old == new:
            raise InvalidInput("The new name is the old one.", field=("newName",))
        if await self.records.tags.find(user.id, old) is None:
            raise policy.no_tag(old)
        renamed = 0
        while renamed < MAX_RENAMED and (ids := await self.records.tags.find_tagged(user.id, old, _AT_ONCE)):
            await self.records.tags.change(ids, added=(new,), removed=(old,))
            await self.images.tell_changed(ids)
            renamed += len(ids)
        left = await self.records.tags.find(user.id, old)
        return Renaming(renamed, 0 if left is None else left.image_count)

    async def list(self, viewer: Viewer, prefix: str, page: PageRequest) -> Page[Tag]:
        """Return a page of the tags of the user's own images, by name. Raises: Unauthenticated, InvalidInput."""
        return await self.records.tags.list(policy.require_user(viewer).id, prefix.strip().lower(), page)

    async def count(self, viewer: Viewer, prefix: str) -> int:
        """Raises: Unauthenticated."""
        return await self.records.tags.count(policy.require_user(viewer).id, prefix.strip().lower())

    async def _editable(self, viewer: Viewer, image_ids: tuple[str, ...]) -> tuple[ImageId, ...]:
        if not 1 <= len(image_ids) <= MAX_PAGE_SIZE:
            raise InvalidInput(f"Give 1 to {MAX_PAGE_SIZE} images, not {len(image_ids)}.", field=("imageIds",))
        images = await self.images.get_editable(viewer, tuple(dict.fromkeys(image_ids)))
        return tuple(image.id for image in images)


def _given(tags: tuple[str, ...]) -> tuple[str, ...]:
    if not tags:
        raise InvalidInput("Give at least one tag.", field=("tags",))
    return clean_tags(tags)
