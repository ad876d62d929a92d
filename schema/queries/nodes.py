"""Queries for anything by its id (https://relay.dev/graphql/objectidentification.htm)."""

from __future__ import annotations

import asyncio

import strawberry

from app.domain.errors import InvalidInput
from app.domain.image import ImageId
from app.domain.job import JobId
from app.domain.keys import NODE_PREFIX
from app.domain.page import MAX_PAGE_SIZE
from app.domain.viewer import UserId
from app.domain.webhook import WebhookId
from schema.context import Info
from schema.types.flow import Flow
from schema.types.image import Image
from schema.types.job import Job
from schema.types.key import ApiKey
from schema.types.node import Node
from schema.types.viewer import load_user
from schema.types.webhook import Webhook


@strawberry.type
class NodeQueries:
    @strawberry.field(description="Anything by its id; null when there is none that the viewer may see.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await load_node(info, id)

    @strawberry.field(description="Many things by their ids, in the same order: at most 100.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        if len(ids) > MAX_PAGE_SIZE:
            raise InvalidInput(f"There are {len(ids)} ids; at most {MAX_PAGE_SIZE} are allowed.", field=("ids",))
        return list(await asyncio.gather(*(load_node(info, id) for id in ids)))


async def load_node(info: Info, node_id: str) -> Node | None:
    """Return what the id names, told apart by its prefix; None when there is none that the viewer may see."""
    loaders = info.context.loaders
    if node_id.startswith("flow:"):
        flow = await loaders.flows.load(node_id.removeprefix("flow:"))
        return Flow.from_domain(flow) if flow else None
    if node_id.startswith("job:"):
        job = await loaders.jobs.load(JobId(node_id))
        return Job.from_domain(job) if job else None
    if node_id.startswith("user:"):
        # Users are shown to those who are signed in.
        return await load_user(info, UserId(node_id)) if info.context.viewer.user else None
    if node_id.startswith(NODE_PREFIX):
        key = await info.context.services.keys.find_own(info.context.viewer, node_id.removeprefix(NODE_PREFIX))
        return ApiKey.from_domain(key) if key else None
    if node_id.startswith("webhook:"):
        webhook = await loaders.webhooks.load(WebhookId(node_id))
        return Webhook.from_domain(webhook) if webhook else None
    image = await loaders.images.load(ImageId(node_id))
    return Image.from_domain(image) if image else None
