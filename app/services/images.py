"""Images: finding, changing and deleting them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from app.domain import policy
from app.domain.color_report import ColorReport, clean_report
from app.domain.errors import InvalidInput
from app.domain.flow import Flow
from app.domain.image import (
    Image,
    ImageChanges,
    ImageFilter,
    ImageId,
    ImageOrder,
    ImageState,
    ThumbnailSize,
    clean_tags,
    clean_title,
    is_image_id,
)
from app.domain.objects import edited_prefix, object_keys, picture_key, shown_thumbnail_key
from app.domain.page import MAX_PAGE_SIZE, Page, PageRequest
from app.domain.similarity import MAX_NEAR, check_distance
from app.domain.variant import variant_prefix
from app.domain.viewer import Viewer
from app.ports.objects import AddressSigner, BlobStore
from app.ports.records import Records
from app.ports.work import Bell, Clock, flow_topic


@dataclass(frozen=True, slots=True)
class ImageService:
    records: Records
    blobs: BlobStore
    signer: AddressSigner
    bell: Bell
    clock: Clock

    async def find(self, viewer: Viewer, image_id: str) -> Image | None:
        """Return the image, or None when there is none that the viewer may see."""
        return (await self.find_many(viewer, (ImageId(image_id),))).get(ImageId(image_id))

    async def find_many(self, viewer: Viewer, image_ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """Return those that exist and that the viewer may see."""
        found = await self.records.images.find_many([image_id for image_id in image_ids if is_image_id(image_id)])
        return {image_id: image for image_id, image in found.items() if policy.can_see_image(viewer, image)}

    async def find_similar(
        self, viewer: Viewer, image: Image, *, count: int, max_distance: int
    ) -> tuple[tuple[Image, int], ...]:
        """Return images that look like this one and that the viewer may see, each with its distance, nearest first.

        Raises:
            InvalidInput: `count` or `max_distance` is out of its range.
        """
        check_distance(max_distance)
        if not 1 <= count <= MAX_PAGE_SIZE:
            raise InvalidInput(f"`first` is {count}; 1 to {MAX_PAGE_SIZE} are allowed.", field=("first",))
        if image.derived is None:
            return ()
        near = await self.records.images.find_similar(image.derived.difference_hash, max_distance, MAX_NEAR)
        seen = await self.find_many(viewer, [similar.image_id for similar in near])
        pairs = ((seen[found.image_id], found.distance) for found in near if found.image_id in seen)
        return tuple(islice((pair for pair in pairs if _is_another(pair[0], image)), count))

    async def list(self, viewer: Viewer, filters: ImageFilter, order: ImageOrder, page: PageRequest) -> Page[Image]:
        """Return a page of what the viewer may see. Raises: InvalidInput, when a cursor is of another list."""
        if await self._is_like_a_hidden_one(viewer, filters):
            return Page((), (), has_next=False, has_previous=False)
        return await self.records.images.list(viewer, filters, order, page)

    async def count(self, viewer: Viewer, filters: ImageFilter) -> int:
        if await self._is_like_a_hidden_one(viewer, filters):
            return 0
        return await self.records.images.count(viewer, filters)

    async def _is_like_a_hidden_one(self, viewer: Viewer, filters: ImageFilter) -> bool:
        """Tell whether images are wanted that look like one that does not exist for the viewer."""
        return filters.similar_to is not None and await self.find(viewer, filters.similar_to) is None

    async def update(self, viewer: Viewer, image_id: str, changes: ImageChanges) -> Image:
        """Raises: Unauthenticated, Forbidden, NotFound, InvalidInput."""
        await self.get_editable(viewer, (image_id,))
        if changes.title is not None:
            changes = replace(changes, title=clean_title(changes.title))
        if changes.tags is not None:
            changes = replace(changes, tags=clean_tags(changes.tags))
        image = await self.records.images.update(ImageId(image_id), changes)
        await self.tell_changed((image.id,))
        return image

    async def tell_changed(self, image_ids: Sequence[ImageId]) -> None:
        """Ring for the flows of images that were changed."""
        await self._ring_flows(await self.records.flows.find_of_images(image_ids))

    async def delete(self, viewer: Viewer, image_ids: tuple[str, ...]) -> tuple[ImageId, ...]:
        """Delete the images with all their objects: all of them, or none.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput: Nothing changed.
        """
        if not 1 <= len(image_ids) <= MAX_PAGE_SIZE:
            raise InvalidInput(f"Give 1 to {MAX_PAGE_SIZE} images, not {len(image_ids)}.", field=("ids",))
        images = await self.get_editable(viewer, tuple(dict.fromkeys(image_ids)))
        flows = await self.records.flows.find_of_images([image.id for image in images])
        await self.records.images.delete([image.id for image in images])
        await self._ring_flows(flows)
        for image in images:
            for key in object_keys(image):
                await self.blobs.delete(key)
            for prefix in (variant_prefix(image.id), edited_prefix(image.id)):
                async for made in self.blobs.list(prefix):
                    await self.blobs.delete(made.key)
        return tuple(image.id for image in images)

    async def get_editable(self, viewer: Viewer, image_ids: tuple[str, ...]) -> tuple[Image, ...]:
        """Return images that the viewer may change, in this order.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the first of them that the viewer may not.
        """
        policy.require_editor(viewer)
        found = await self.records.images.find_many(
            [ImageId(image_id) for image_id in image_ids if is_image_id(image_id)]
        )
        for image_id in image_ids:
            image = found.get(ImageId(image_id))
            if image is None:
                raise policy.no_image(image_id)
            policy.edit_image(viewer, image)
        return tuple(found[ImageId(image_id)] for image_id in image_ids)

    async def report_colors(self, viewer: Viewer, reports: Sequence[ColorReport]) -> None:
        """Keep what a browser worked out of images that its user may see: all of it, or nothing.

        Raises:
            NotFound, InvalidInput: Nothing changed.
        """
        cleaned = [clean_report(report) for report in reports]
        visible = await self.find_many(viewer, [report.image_id for report in cleaned])
        for report in cleaned:
            if report.image_id not in visible:
                raise policy.no_image(report.image_id)
        await self.records.images.add_color_reports(cleaned, self.clock())

    def original_path(self, viewer: Viewer, image: Image) -> str:
        """Return the path under which the original is read; signed unless the image is public.

        Of an original that is for its owner alone, others get the path of what is shown.
        """
        if image.edited is None or not image.edited.hides_original:
            return self.signer.object_path(image.original_key, public=image.is_public)
        if not policy.is_owner(viewer, image.owner_id):
            return self.picture_path(image)
        return self.signer.object_path(image.original_key, public=False)

    def picture_path(self, image: Image) -> str:
        """Return the path under which the full-size picture is read as it is shown."""
        return self.signer.object_path(picture_key(image), public=image.is_public)

    def thumbnail_path(self, image: Image, size: ThumbnailSize) -> str:
        """Return the path under which a thumbnail is, or will be, read."""
        return self.signer.object_path(shown_thumbnail_key(image, size), public=image.is_public)

    async def _ring_flows(self, flows: Mapping[ImageId, tuple[Flow, ...]]) -> None:
        for name in {flow.name for places in flows.values() for flow in places}:
            await self.bell.ring(flow_topic(name))


def _is_another(found: Image, image: Image) -> bool:
    return found.id != image.id and found.state is not ImageState.FAILED
