"""Flows: named collections of images."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import flow as domain
from app.domain import policy
from app.domain.image import ImageFilter, ImageOrder
from app.domain.page import page_request
from schema.context import Info
from schema.pagination import Connection, connection
from schema.types.image import Image
from schema.types.label_rule import FlowLabelling
from schema.types.node import Node
from schema.types.viewer import User, load_user, load_users


@strawberry.type(description="A named collection of images.")
class Flow(Node):
    record: strawberry.Private[domain.Flow]
    name: str = strawberry.field(description="Its name, unique everywhere.")
    description: str = strawberry.field(description="What it is about; may be empty.")
    is_public: bool = strawberry.field(description="Whether it can be seen signed out.")
    image_count: int = strawberry.field(description="How many images it holds, failed ones left out.")
    storage: str = strawberry.field(description="The store that keeps its images.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_domain(cls, flow: domain.Flow) -> Flow:
        return cls(
            record=flow,
            id=strawberry.ID(flow.id),
            name=flow.name,
            description=flow.description,
            is_public=flow.is_public,
            image_count=flow.image_count,
            storage=flow.storage,
            created_at=flow.created_at,
        )

    @strawberry.field(description="Whose it is; null when it belongs to all.")
    async def owner(self, info: Info) -> User | None:
        return await load_user(info, self.record.owner_id)

    @strawberry.field(description="Who may fill it beside its owner.")
    async def editors(self, info: Info) -> list[User]:
        return await load_users(info, self.record.editor_ids)

    @strawberry.field(description="Who may see it though it is private, beside all that are named otherwise.")
    async def viewers(self, info: Info) -> list[User]:
        return await load_users(info, self.record.viewer_ids)

    @strawberry.field(description="Who may do all that its owner may.")
    async def admins(self, info: Info) -> list[User]:
        return await load_users(info, self.record.admin_ids)

    @strawberry.field(
        description="How it has its images labelled, and what follows; for those alone who may change it, else null."
    )
    def labelling(self, info: Info) -> FlowLabelling | None:
        may_change = policy.is_owner_of_flow(info.context.viewer, self.record)
        found = self.record.labelling if may_change else None
        return None if found is None else FlowLabelling.from_domain(found)

    @strawberry.field(description="Its newest image; null when it is empty.")
    async def cover(self, info: Info) -> Image | None:
        image = await info.context.loaders.images.load(self.record.cover_id) if self.record.cover_id else None
        return Image.from_domain(image) if image else None

    @strawberry.field(description="Its images, newest first.")
    async def images(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Image]:
        images, viewer = info.context.services.images, info.context.viewer
        filters = ImageFilter(flow=self.record.name)
        page = await images.list(viewer, filters, ImageOrder(), page_request(first, after, last, before))
        return connection(page, Image.from_domain, lambda: images.count(viewer, filters))
