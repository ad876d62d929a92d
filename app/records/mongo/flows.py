"""The flow records in MongoDB."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import policy
from app.domain.errors import Conflict
from app.domain.flow import Flow, FlowChanges, FlowEvent, FlowEventKind
from app.domain.image import ImageId, ImageState
from app.domain.page import Page, PageRequest
from app.domain.viewer import Viewer
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged, new_mark
from app.records.mongo.flow_events import fetch_events
from app.records.mongo.flow_rows import FlowRow, flow_of, flow_row, labelling_fields
from app.records.mongo.flow_visibility import visible_flows
from app.records.mongo.image_changes import leave_flow, make_debt, owing, pay_images
from app.records.mongo.image_rows import SHOWN
from app.records.mongo.pages import Listing, fetch_page
from app.records.mongo.tables import CHUNK, Update, raising_version

MAX_SEARCH_LENGTH = 1_000
"""Longer text is in no name; casing it may have made it longer."""


@dataclass(frozen=True, slots=True)
class MongoFlows:
    collections: Collections

    async def find(self, name: str) -> Flow | None:
        return (await self.find_many((name,))).get(name)

    async def find_many(self, names: Sequence[str]) -> Mapping[str, Flow]:
        flows = await self._flows_of(await self.collections.flows.find({"name": {"$in": list(names)}}))
        return {flow.name: flow for flow in flows}

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Flow, ...]]:
        asked = dict.fromkeys(image_ids)
        found = await self.collections.images.project({"_id": {"$in": list(asked)}}, {"flows": 1})
        held = {row["_id"]: row["flows"] for row in found}
        flow_ids = {flow_id for flow_ids in held.values() for flow_id in flow_ids}
        rows = await self.collections.flows.find({"_id": {"$in": list(flow_ids)}, "is_deleted": False})
        flows = sorted(zip(rows, await self._flows_of(rows), strict=True), key=lambda pair: pair[1].name)
        return {image_id: tuple(flow for row, flow in flows if row.id in held.get(image_id, ())) for image_id in asked}

    async def list(self, viewer: Viewer, search: str | None, page: PageRequest) -> Page[Flow]:
        return await fetch_page(self.collections.flows, _listing(viewer, search), page, self._flows_of)

    async def count(self, viewer: Viewer, search: str | None) -> int:
        return await self.collections.flows.count(_listing(viewer, search).query)

    async def add(self, flow: Flow) -> None:
        if not await self.collections.flows.insert(flow_row(self.collections.flows.model, flow, new_mark())):
            raise Conflict(f"The flow name {flow.name!r} is taken.", field=("name",))

    async def add_missing(self, flows: Sequence[Flow]) -> None:
        known = await self.find_many([flow.name for flow in flows])
        model = self.collections.flows.model
        missing = [flow_row(model, flow, new_mark()) for flow in flows if flow.name not in known]
        await self.collections.flows.insert_missing(missing)

    async def update(self, name: str, changes: FlowChanges) -> Flow:
        lists = ("editor_ids", "viewer_ids", "admin_ids")
        given = {field: getattr(changes, field) for field in ("description", "is_public", *lists)}
        new = {field: list(v) if isinstance(v, tuple) else v for field, v in given.items() if v is not None}
        if changes.labelling is not None:
            new["labelling"] = labelling_fields(changes.labelling)
        update = raising_version({"$set": new} if new else {})
        row = await self.collections.flows.change({"name": name, "is_deleted": False}, update)
        if row is None:
            raise policy.no_flow(name)
        [flow] = await self._flows_of((row,))
        return flow

    async def delete(self, name: str) -> None:
        """Take the name away, which is what all see; the rest is cleared away then, or by the healer."""
        row = await self._get(name)
        gone = raising_version({"$set": {"name": row.id, "is_deleted": True}})
        if await self.collections.flows.change({"_id": row.id, "is_deleted": False}, gone) is None:
            raise policy.no_flow(name)
        await clear_flow(self.collections, row.id)

    async def add_images(self, name: str, image_ids: Sequence[ImageId]) -> None:
        """Each image comes into the flow by a write of its own: what a crash leaves undone is done when asked again."""
        flow = await self._get(name)
        absent = {"flows": {"$ne": flow.id}}
        await self._move(image_ids, absent, {"$push": {"flows": flow.id}}, flow.id, FlowEventKind.ADDED)

    async def remove_images(self, name: str, image_ids: Sequence[ImageId]) -> None:
        flow = await self.collections.flows.find_one({"name": name, "is_deleted": False})
        if flow is not None:
            held = {"flows": flow.id}
            await self._move(image_ids, held, {"$pull": {"flows": flow.id}}, flow.id, FlowEventKind.REMOVED)

    async def events(self, name: str, after: int, limit: int = 500) -> tuple[FlowEvent, ...]:
        return await fetch_events(self.collections, name, after, limit)

    async def last_event(self, name: str) -> int:
        row = await self.collections.flows.find_one({"name": name})
        return row.last_event if row else 0

    async def _move(
        self, image_ids: Sequence[ImageId], held: Mapping[str, Any], change: Update, flow_id: str, kind: FlowEventKind
    ) -> None:
        """Change the places of images, with debts: those that are shown are counted by their flow, failed ones not."""
        by = 1 if kind is FlowEventKind.ADDED else -1
        for start in range(0, len(image_ids), CHUNK):
            chunk = list(image_ids[start : start + CHUNK])
            for states, shown in ((list(SHOWN), by), ([ImageState.FAILED.value], 0)):
                debt = owing(make_debt(kind, (flow_id,), shown=shown))
                query = {"_id": {"$in": chunk}, "state": {"$in": states}, **held}
                await self.collections.images.change_all(query, raising_version(merged(change, debt)))
            await pay_images(self.collections, chunk)

    async def _get(self, name: str) -> FlowRow:
        row = await self.collections.flows.find_one({"name": name, "is_deleted": False})
        if row is None:
            raise policy.no_flow(name)
        return row

    async def _flows_of(self, rows: Sequence[FlowRow]) -> Sequence[Flow]:
        covers = await asyncio.gather(*(self._find_cover(row.id) for row in rows))
        return [flow_of(row, cover) for row, cover in zip(rows, covers, strict=True)]

    async def _find_cover(self, flow_id: str) -> str | None:
        shown = {"flows": flow_id, "state": {"$in": list(SHOWN)}}
        newest = await self.collections.images.project(
            shown, {"_id": 1}, sort=[("created_at", -1), ("_id", -1)], limit=1
        )
        return newest[0]["_id"] if newest else None


async def clear_flow(collections: Collections, flow_id: str) -> None:
    """Clear away what a deleted flow left: places of images, its log, and itself."""
    await leave_flow(collections, flow_id)
    await collections.flow_events.remove_all({"flow": flow_id})
    await collections.flows.remove({"_id": flow_id, "is_deleted": True})


def _listing(viewer: Viewer, search: str | None) -> Listing:
    query = visible_flows(viewer)
    if search is not None:
        folded = search.casefold()
        findable = len(folded) <= MAX_SEARCH_LENGTH and "\0" not in folded
        query["folded_name"] = {"$regex": re.escape(folded)} if findable else {"$in": []}
    return Listing(query, "name", str, descending=False, row_id="name")
