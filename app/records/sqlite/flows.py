"""The flow records in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import Conflict
from app.domain.flow import Flow, FlowChanges, FlowEvent
from app.domain.image import ImageId
from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId, Viewer
from app.records.sqlite.connection import Database, Value
from app.records.sqlite.flow_events import fetch_events, fetch_last_event
from app.records.sqlite.label_actions import labelling_json, labelling_of
from app.records.sqlite.pages import Conditions, Listing, count_rows, fetch_page
from app.records.sqlite.rows import from_json, from_micros, to_json, to_micros

_COLUMNS = """
flows.name, description, owner_id, is_public, editor_ids, viewer_ids, admin_ids, storage,
flows.created_at, image_count, labelling,
(SELECT shown.image_id FROM flow_images AS shown WHERE shown.flow = flows.name AND shown.is_failed = 0
 ORDER BY shown.created_at DESC, shown.image_id DESC LIMIT 1) AS cover_id
"""

_FIND = f"SELECT {_COLUMNS} FROM flows WHERE name IN (SELECT value FROM json_each(?))"  # noqa: S608 - own text only

_FIND_OF_IMAGES = f"""
SELECT place.image_id AS image_id, {_COLUMNS}
FROM json_each(?) AS asked CROSS JOIN flow_images AS place ON place.image_id = asked.value
CROSS JOIN flows ON flows.name = place.flow ORDER BY flows.name
"""  # noqa: S608 - own text only

_INSERT = """
INSERT INTO flows (name, folded_name, description, owner_id, is_public, editor_ids, viewer_ids, admin_ids, storage,
                   created_at, labelling)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
"""

_UPDATE = """
UPDATE flows SET description = coalesce(?, description), is_public = coalesce(?, is_public),
                 editor_ids = coalesce(?, editor_ids), viewer_ids = coalesce(?, viewer_ids),
                 admin_ids = coalesce(?, admin_ids), labelling = coalesce(?, labelling)
WHERE name = ? RETURNING name
"""

_ADD_IMAGES = """
INSERT INTO flow_images (image_id, flow, created_at, is_failed)
SELECT id, ?, created_at, state = 'FAILED' FROM images WHERE id IN (SELECT value FROM json_each(?))
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class SqliteFlows:
    database: Database

    async def find(self, name: str) -> Flow | None:
        return (await self.find_many((name,))).get(name)

    async def find_many(self, names: Sequence[str]) -> Mapping[str, Flow]:
        flows = [_flow_of(row) for row in await self.database.read(_FIND, (to_json(names),))]
        return {flow.name: flow for flow in flows}

    async def find_of_images(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Flow, ...]]:
        asked = dict.fromkeys(image_ids)
        found: dict[ImageId, list[Flow]] = {image_id: [] for image_id in asked}
        for row in await self.database.read(_FIND_OF_IMAGES, (to_json(asked),)):
            found[row["image_id"]].append(_flow_of(row))
        return {image_id: tuple(flows) for image_id, flows in found.items()}

    async def list(self, viewer: Viewer, search: str | None, page: PageRequest) -> Page[Flow]:
        return await fetch_page(self.database, _COLUMNS, _listing(viewer, search), page, _flow_of)

    async def count(self, viewer: Viewer, search: str | None) -> int:
        return await count_rows(self.database, _listing(viewer, search))

    async def add(self, flow: Flow) -> None:
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one(f"{_INSERT} RETURNING name", _values(flow)) is None:
                raise Conflict(f"The flow name {flow.name!r} is taken.", field=("name",))

    async def add_missing(self, flows: Sequence[Flow]) -> None:
        known = await self.find_many([flow.name for flow in flows])
        missing = [_values(flow) for flow in flows if flow.name not in known]
        if missing:
            async with self.database.transaction() as transaction:
                await transaction.execute_many(_INSERT, missing)

    async def update(self, name: str, changes: FlowChanges) -> Flow:
        members = (changes.editor_ids, changes.viewer_ids, changes.admin_ids)
        lists = [None if ids is None else to_json(ids) for ids in members]
        async with self.database.transaction() as transaction:
            values = (changes.description, changes.is_public, *lists, labelling_json(changes.labelling), name)
            updated = await transaction.fetch_one(_UPDATE, values)
            if updated is None:
                raise policy.no_flow(name)
            [row] = await transaction.fetch(_FIND, (to_json((name,)),))
        return _flow_of(row)

    async def delete(self, name: str) -> None:
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one("DELETE FROM flows WHERE name = ? RETURNING name", (name,)) is None:
                raise policy.no_flow(name)

    async def add_images(self, name: str, image_ids: Sequence[ImageId]) -> None:
        async with self.database.transaction() as transaction:
            if await transaction.fetch_one("SELECT 1 FROM flows WHERE name = ?", (name,)) is None:
                raise policy.no_flow(name)
            await transaction.fetch(_ADD_IMAGES, (name, to_json(image_ids)))

    async def remove_images(self, name: str, image_ids: Sequence[ImageId]) -> None:
        async with self.database.transaction() as transaction:
            await transaction.fetch(
                "DELETE FROM flow_images WHERE flow = ? AND image_id IN (SELECT value FROM json_each(?))",
                (name, to_json(image_ids)),
            )

    async def events(self, name: str, after: int, limit: int = 500) -> tuple[FlowEvent, ...]:
        return await fetch_events(self.database, name, after, limit)

    async def last_event(self, name: str) -> int:
        return await fetch_last_event(self.database, name)


def _listing(viewer: Viewer, search: str | None) -> Listing:
    where = Conditions()
    if search is not None:
        where.add("instr(folded_name, ?) > 0", search.casefold())
    if viewer.user is None:
        where.add("is_public")
    elif not viewer.is_admin:
        where.add(
            "(is_public OR owner_id = ? OR EXISTS (SELECT 1 FROM json_each(member_ids) WHERE value = ?))",
            viewer.user.id,
            viewer.user.id,
        )
    return Listing("flows", where, value="flows.name", row_id="flows.name", value_type=str, descending=False)


def _values(flow: Flow) -> tuple[Value, ...]:
    return (
        flow.name,
        flow.name.casefold(),
        flow.description,
        flow.owner_id,
        flow.is_public,
        to_json(flow.editor_ids),
        to_json(flow.viewer_ids),
        to_json(flow.admin_ids),
        flow.storage,
        to_micros(flow.created_at),
        labelling_json(flow.labelling),
    )


def _flow_of(row: sqlite3.Row) -> Flow:
    return Flow(
        name=row["name"],
        description=row["description"],
        owner_id=row["owner_id"],
        is_public=bool(row["is_public"]),
        editor_ids=tuple(map(UserId, from_json(row["editor_ids"]))),
        storage=row["storage"],
        created_at=from_micros(row["created_at"]),
        image_count=row["image_count"],
        cover_id=row["cover_id"],
        viewer_ids=tuple(map(UserId, from_json(row["viewer_ids"]))),
        admin_ids=tuple(map(UserId, from_json(row["admin_ids"]))),
        labelling=labelling_of(row["labelling"]),
    )
