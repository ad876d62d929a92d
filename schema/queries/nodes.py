"""Queries for anything by its id (https://relay.dev/graphql/objectidentification.htm)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import strawberry

from app.domain.errors import InvalidInput
from app.domain.image import ImageId
from app.domain.job import JobId
from app.domain.keys import NODE_PREFIX
from app.domain.page import MAX_PAGE_SIZE
from app.domain.share import PREFIX as SHARE_PREFIX
from app.domain.share import ShareId
from app.domain.viewer import UserId
from app.domain.webhook import WebhookId
from schema.context import Info
from schema.types.flow import Flow
from schema.types.image import Image
from schema.types.job import Job
from schema.types.key import ApiKey
from schema.types.node import Node
from schema.types.share import Share
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
    prefix = node_id[: node_id.find(":") + 1]
    return await _LOADS.get(prefix, _load_image)(info, node_id)


async def _load_image(info: Info, node_id: str) -> Node | None:
    image = await info.context.loaders.images.load(ImageId(node_id))
    return Image.from_domain(image) if image else None


async def _load_flow(info: Info, node_id: str) -> Node | None:
    flow = await info.context.loaders.flows.load(node_id.removeprefix("flow:"))
    return Flow.from_domain(flow) if flow else None


async def _load_job(info: Info, node_id: str) -> Node | None:
    job = await info.context.loaders.jobs.load(JobId(node_id))
    return Job.from_domain(job) if job else None


async def _load_user(info: Info, node_id: str) -> Node | None:
    """Users are shown to those who are signed in."""
    return await load_user(info, UserId(node_id)) if info.context.viewer.user else None


async def _load_key(info: Info, node_id: str) -> Node | None:
    key = await info.context.services.keys.find_own(info.context.viewer, node_id.removeprefix(NODE_PREFIX))
    return ApiKey.from_domain(key) if key else None


async def _load_webhook(info: Info, node_id: str) -> Node | None:
    webhook = await info.context.loaders.webhooks.load(WebhookId(node_id))
    return Webhook.from_domain(webhook) if webhook else None


async def _load_share(info: Info, node_id: str) -> Node | None:
    share = await info.context.loaders.shares.load(ShareId(node_id))
    return Share.from_domain(share) if share else None


_LOADS: Mapping[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    "flow:": _load_flow,
    "job:": _load_job,
    "user:": _load_user,
    NODE_PREFIX: _load_key,
    "webhook:": _load_webhook,
    SHARE_PREFIX: _load_share,
}
"""By what ids begin with; that of an image has no prefix."""
