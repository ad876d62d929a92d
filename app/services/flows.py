"""Flows: named collections of images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import InvalidInput, NotFound
from app.domain.flow import GENERAL, Flow, FlowChanges, clean_description, clean_flow_name
from app.domain.image import Image, ImageFilter, ImageId, ImageOrder, ImageState
from app.domain.origin import Origin, clean_origin
from app.domain.page import MAX_PAGE_SIZE, Page, PageRequest
from app.domain.viewer import Scope, UserId, Viewer
from app.ports.records import Records
from app.ports.work import Bell, Clock, flow_topic
from app.services.images import ImageService

MAX_MEMBERS = 50
"""Of each kind."""


@dataclass(frozen=True, slots=True)
class FlowService:
    records: Records
    images: ImageService
    bell: Bell
    clock: Clock
    public_by_default: bool
    storage: str

    async def find(self, viewer: Viewer, name: str) -> Flow | None:
        """Return the flow, or None when there is none that the viewer may see."""
        return (await self.find_many(viewer, (name,))).get(name)

    async def find_many(self, viewer: Viewer, names: Sequence[str]) -> Mapping[str, Flow]:
        """Return those that exist and that the viewer may see."""
        found = await self.records.flows.find_many(names)
        return {name: flow for name, flow in found.items() if policy.can_see_flow(viewer, flow)}

    async def find_of_images(self, viewer: Viewer, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Flow, ...]]:
        """Return the flows of each image that the viewer may see, by name."""
        found = await self.records.flows.find_of_images(image_ids)
        return {
            image_id: tuple(flow for flow in flows if policy.can_see_flow(viewer, flow))
            for image_id, flows in found.items()
        }

    async def list(self, viewer: Viewer, search: str | None, page: PageRequest) -> Page[Flow]:
        return await self.records.flows.list(viewer, search, page)

    async def list_by_count(self, viewer: Viewer) -> tuple[Flow, ...]:
        """Return all flows that the viewer may see, those with the most images first, then by name."""
        flows: list[Flow] = []
        page = await self.list(viewer, None, PageRequest(MAX_PAGE_SIZE))
        flows += page.items
        while page.has_next:
            page = await self.list(viewer, None, PageRequest(MAX_PAGE_SIZE, after=page.cursors[-1]))
            flows += page.items
        return tuple(sorted(flows, key=lambda flow: (-flow.image_count, flow.name)))

    async def count(self, viewer: Viewer, search: str | None) -> int:
        return await self.records.flows.count(viewer, search)

    async def create(self, viewer: Viewer, name: str, given: FlowChanges) -> Flow:
        """Make an empty flow of the viewer's own.

        Args:
            given: What differs from a flow that is made by an upload.

        Raises:
            Unauthenticated, Forbidden, InvalidInput
            Conflict: The name is taken.
        """
        user = policy.require_editor(viewer)
        new, given = self._new(clean_flow_name(name), user.id), await self._clean(given)
        flow = replace(
            new,
            description=given.description or "",
            is_public=new.is_public if given.is_public is None else given.is_public,
            editor_ids=given.editor_ids or (),
            viewer_ids=given.viewer_ids or (),
            admin_ids=given.admin_ids or (),
        )
        await self.records.flows.add(flow)
        return flow

    async def update(self, viewer: Viewer, name: str, changes: FlowChanges) -> Flow:
        """Raises: Unauthenticated, Forbidden, NotFound, InvalidInput."""
        policy.edit_flow(viewer, await self._find_for(viewer, name))
        flow = await self.records.flows.update(name, await self._clean(changes))
        await self.bell.ring(flow_topic(name))
        return flow

    async def delete(self, viewer: Viewer, name: str) -> Flow:
        """Forget the flow; its images stay. Raises: Unauthenticated, Forbidden, NotFound."""
        flow = await self._find_for(viewer, name)
        policy.edit_flow(viewer, flow)
        await self.records.flows.delete(name)
        await self.bell.ring(flow_topic(name))
        return flow

    async def add_images(self, viewer: Viewer, name: str, image_ids: tuple[str, ...]) -> Flow:
        """Put images that the viewer may see into a flow that the viewer may fill.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput: Nothing changed.
        """
        await self.get_fillable(viewer, name)
        ids = await self._check_visible(viewer, image_ids)
        await self.records.flows.add_images(name, ids)
        await self.bell.ring(flow_topic(name))
        return await self._get(name)

    async def remove_images(self, viewer: Viewer, name: str, image_ids: tuple[str, ...]) -> Flow:
        """Take images out of a flow that the viewer may fill; they stay elsewhere.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput: Nothing changed.
        """
        policy.fill_flow(viewer, await self._find_for(viewer, name), Scope.WRITE)
        ids = await self._check_visible(viewer, image_ids)
        await self.records.flows.remove_images(name, ids)
        await self.bell.ring(flow_topic(name))
        return await self._get(name)

    async def remove_origin(self, viewer: Viewer, name: str, origin: Origin) -> tuple[Flow, tuple[Image, ...]]:
        """Take the images that were fetched from an address out of a flow, as `remove_images` does; return them, too.

        Args:
            origin: With a page, those alone that it showed.

        Raises:
            Unauthenticated, Forbidden, InvalidInput: Nothing changed.
            NotFound: There is no such flow, or none of its images that the viewer may see came from there.
        """
        policy.fill_flow(viewer, await self._find_for(viewer, name), Scope.WRITE)
        origin = clean_origin(origin, field=())
        wanted = ImageFilter(flow=name, states=tuple(ImageState), origin_urls=(origin.url,))
        page = await self.images.list(viewer, wanted, ImageOrder(), PageRequest(MAX_PAGE_SIZE))
        images = tuple(
            image
            for image in page.items
            if origin.page_url is None or (image.origin is not None and image.origin.page_url == origin.page_url)
        )
        if not images:
            raise NotFound("No image of the flow came from that address.", field=("url",))
        return await self.remove_images(viewer, name, tuple(image.id for image in images)), images

    async def get_fillable(self, viewer: Viewer, name: str) -> Flow:
        """Return a flow that the viewer may fill. Raises: Unauthenticated, Forbidden, NotFound."""
        flow = await self._find_for(viewer, name)
        policy.fill_flow(viewer, flow)
        return flow

    async def check_fillable(self, viewer: Viewer, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names when the viewer may fill each flow that exists; the others may be made.

        Raises:
            Unauthenticated, Forbidden, NotFound
        """
        for flow in (await self.records.flows.find_many(names)).values():
            policy.fill_flow(viewer, flow)
        return names

    async def create_missing(self, names: tuple[str, ...], owner_id: UserId) -> None:
        """Make the flows that are not there yet, owned by `owner_id`."""
        await self.records.flows.add_missing([self._new(name, owner_id) for name in names])

    async def create_general(self) -> None:
        """Make the flow that belongs to nobody, when it is not there yet."""
        await self.records.flows.add_missing([self._new(GENERAL, None)])

    async def _find_for(self, viewer: Viewer, name: str) -> Flow:
        """Return a flow to one who may change things somewhere; to nobody else whether there is one."""
        policy.require_editor(viewer, Scope.UPLOAD)
        return await self._get(name)

    async def _get(self, name: str) -> Flow:
        flow = await self.records.flows.find(name)
        if flow is None:
            raise policy.no_flow(name)
        return flow

    def _new(self, name: str, owner_id: UserId | None) -> Flow:
        return Flow(
            name=name,
            description="",
            owner_id=owner_id,
            is_public=self.public_by_default,
            editor_ids=(),
            storage=self.storage,
            created_at=self.clock(),
        )

    async def _clean(self, changes: FlowChanges) -> FlowChanges:
        """Raises: InvalidInput."""
        text = changes.description
        return replace(
            changes,
            description=None if text is None else clean_description(text),
            editor_ids=await self._check_members(changes.editor_ids, "editors"),
            viewer_ids=await self._check_members(changes.viewer_ids, "viewers"),
            admin_ids=await self._check_members(changes.admin_ids, "admins"),
        )

    async def _check_members(self, ids: tuple[UserId, ...] | None, field: str) -> tuple[UserId, ...] | None:
        if ids is None:
            return None
        user_ids = tuple(dict.fromkeys(ids))
        if len(user_ids) > MAX_MEMBERS:
            raise InvalidInput(f"There are {len(user_ids)} {field}; at most {MAX_MEMBERS} are allowed.", field=(field,))
        known = await self.records.users.find_many(user_ids)
        for user_id in user_ids:
            if user_id not in known:
                raise InvalidInput(f"There is no user {user_id[:80]!r}.", field=(field,))
        return user_ids

    async def _check_visible(self, viewer: Viewer, image_ids: tuple[str, ...]) -> tuple[ImageId, ...]:
        if not 1 <= len(image_ids) <= MAX_PAGE_SIZE:
            raise InvalidInput(f"Give 1 to {MAX_PAGE_SIZE} images, not {len(image_ids)}.", field=("imageIds",))
        ids = tuple(dict.fromkeys(ImageId(image_id) for image_id in image_ids))
        visible = await self.images.find_many(viewer, ids)
        for image_id in ids:
            if image_id not in visible:
                raise policy.no_image(image_id)
        return ids
