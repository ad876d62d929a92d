"""How MongoDB would go about what is asked of it: by an index for each query, as far as one can tell without a server.

Each suite of the records is judged, too: see `open_judged`.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import whole_world
from index_judge import Judge, JudgedDatabase, find_fault, indexes_of
from mongomock_motor import AsyncMongoMockClient
from record_factories import ADMIN_VIEWER, NOW, OTHER_VIEWER, OWNER, OWNER_VIEWER

from app.domain.audit import AuditFilter, Door, Outcome
from app.domain.image import ImageFilter, ImageFormat, ImageOrder, ImageOrderField, ImageState, new_image_id
from app.domain.job import JobFilter, JobKind, JobState
from app.domain.page import Cursor, PageRequest
from app.domain.viewer import ANONYMOUS
from app.records.mongo.collections import bind_collections
from app.records.mongo.copy_writing import clear_collections
from app.records.mongo.copying import MongoCopySource, MongoCopyTarget
from app.records.mongo.database import MongoRecords, use_database
from app.records.mongo.migrate import migrate
from app.services.record_copy import RecordCopyService

INDEXES = (("_id",), ("owner_id", "created_at", "_id"), ("state", "created_at", "_id"), ("flows", "created_at", "_id"))
NEWEST_FIRST = (("created_at", -1), ("_id", -1))


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ({"_id": "a", "title": "b"}, (("title", 1),)),
        ({"_id": {"$in": ["a"]}}, ()),
        ({"_id": {"$gt": "a"}, "state": "READY"}, (("_id", 1),)),
        ({"owner_id": "a"}, ()),
        ({"owner_id": "a", "state": "READY"}, NEWEST_FIRST),
        ({"owner_id": {"$in": ["a", "b"]}, "created_at": {"$gt": 1}}, NEWEST_FIRST),
        ({"state": "READY", "width": {"$gt": 9}}, NEWEST_FIRST),
        ({"$or": [{"owner_id": "a"}, {"flows": {"$in": ["f"]}}], "state": "READY"}, NEWEST_FIRST),
        ({"$and": [{"flows": "f"}, {"$or": [{"created_at": {"$lt": 1}}, {"_id": {"$lt": "a"}}]}]}, NEWEST_FIRST),
        ({"flows": "f"}, (("title", 1), ("_id", 1))),
    ],
    ids=str,
)
def test_finds_an_index_for_what_has_one(query: Mapping[str, Any], sort: tuple[tuple[str, int], ...]) -> None:
    assert find_fault(INDEXES, "images", query, sort) is None


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ({}, ()),
        ({"title": "b"}, ()),
        ({"_id": {"$gt": "a"}, "title": "b"}, (("_id", 1),)),
        ({"title": "b"}, NEWEST_FIRST),
        ({"title": "b", "state": "READY"}, NEWEST_FIRST),
        ({"created_at": {"$gt": 1}}, ()),
        ({"owner_id": {"$ne": "a"}}, ()),
        ({"owner_id": "a"}, (("byte_size", 1),)),
        ({"owner_id": "a"}, (("created_at", 1), ("_id", -1))),
        ({"$or": [{"owner_id": "a"}, {"tags": "t"}], "state": "READY"}, NEWEST_FIRST),
        ({"labels": {"$elemMatch": {"name": "l", "score": {"$gt": 0.5}}}}, NEWEST_FIRST),
    ],
    ids=str,
)
def test_finds_none_for_what_has_none(query: Mapping[str, Any], sort: tuple[tuple[str, int], ...]) -> None:
    assert find_fault(INDEXES, "jobs", query, sort) is not None


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
async def judged(judge: Judge) -> AsyncIterator[MongoRecords]:
    async with use_database(JudgedDatabase(AsyncMongoMockClient()["gf"], judge)) as records:
        judge.indexes = indexes_of(records.collections)
        yield records


async def test_hears_every_way_to_ask(judged: MongoRecords, judge: Judge) -> None:
    table, query = judged.collections.images, {"client_type": "web"}
    asks = (
        lambda: table.find(query),
        lambda: table.project(query, {"_id": 1}),
        lambda: table.count(query),
        lambda: table.aggregate([{"$match": query}]),
        lambda: table.change(query, {"$set": {"title": "b"}}),
        lambda: table.change_all(query, {"$set": {"title": "b"}}),
        lambda: table.remove(query),
        lambda: table.remove_all(query),
    )
    for ask in asks:
        judge.faults.clear()
        await ask()

        assert judge.faults == ["images: {'client_type': 'web'} in the order []"]


IMAGE_FILTERS = [
    ImageFilter(),
    ImageFilter(owner_id=OWNER),
    ImageFilter(flow="harbours"),
    ImageFilter(flow="Cranes & Straße"),
    ImageFilter(tag="sea"),
    ImageFilter(label="chart", min_label_score=0.5),
    ImageFilter(words=("harbour", "cranes")),
    ImageFilter(sha256="ab"),
    ImageFilter(origin_urls=("https://example.org/a.png",)),
    ImageFilter(states=(ImageState.FAILED,)),
    ImageFilter(formats=(ImageFormat.PNG,)),
    ImageFilter(created_after=NOW, created_before=NOW),
    ImageFilter(min_width=9, min_height=9),
    ImageFilter(flow="harbours", tag="sea", label="chart", words=("sea",), owner_id=OWNER, min_width=9),
]
ORDERS = [ImageOrder(field) for field in ImageOrderField]


@pytest.mark.parametrize("filters", IMAGE_FILTERS, ids=str)
async def test_lists_and_counts_images_by_indexes(judged: MongoRecords, judge: Judge, filters: ImageFilter) -> None:
    await whole_world.fill(judged)
    judge.asked = 0
    for viewer in (OWNER_VIEWER, OTHER_VIEWER, ADMIN_VIEWER, ANONYMOUS):
        await judged.images.count(viewer, filters)
        for order in ORDERS:
            value = "t" if order.field is ImageOrderField.TITLE else 1
            for page in (PageRequest(), PageRequest(20, Cursor(value, "a"), Cursor(value, "b"), backwards=True)):
                await judged.images.list(viewer, filters, order, page)

    assert judge.faults == []
    assert judge.asked > len(ORDERS)


async def test_lists_and_counts_jobs_by_indexes(judged: MongoRecords, judge: Judge) -> None:
    parts = {"owner_id": OWNER, "kinds": tuple(JobKind), "states": tuple(JobState), "image_id": new_image_id()}
    for filters in (JobFilter(), JobFilter(**parts), *(JobFilter(**{name: value}) for name, value in parts.items())):
        await judged.jobs.count(filters)
        await judged.jobs.list(filters, PageRequest(20, Cursor(1, "a"), Cursor(2, "b")))

    assert judge.faults == []


async def test_lists_and_counts_audit_entries_by_indexes(judged: MongoRecords, judge: Judge) -> None:
    parts = {
        "actor_id": OWNER,
        "key_id": "k",
        "address": "192.0.2.1",
        "actions": ("a", "b"),
        "doors": tuple(Door),
        "outcomes": tuple(Outcome),
        "object_id": "o",
        "request_id": "r",
        "since": NOW,
        "until": NOW,
    }
    each = [AuditFilter(**{name: value}) for name, value in parts.items()]
    for filters in (AuditFilter(), AuditFilter(**parts), *each):
        await judged.audit.count(filters)
        await judged.audit.list(filters, PageRequest(20, Cursor(1, "a"), Cursor(2, "b")))

    assert judge.faults == []


@pytest.mark.parametrize("viewer", [OWNER_VIEWER, ADMIN_VIEWER, ANONYMOUS], ids=str)
async def test_lists_and_counts_flows_by_indexes(judged: MongoRecords, judge: Judge, viewer: Any) -> None:
    for search in (None, "harb"):
        await judged.flows.count(viewer, search)
        await judged.flows.list(viewer, search, PageRequest(20, Cursor("a", "a"), Cursor("b", "b")))

    assert judge.faults == []


async def test_copies_by_indexes(judged: MongoRecords, judge: Judge) -> None:
    await whole_world.fill(judged)
    database = JudgedDatabase(AsyncMongoMockClient()["copy"], judge)
    async with bind_collections(database) as collections:
        await migrate(database, collections)
        target = MongoCopyTarget(database, collections)
        service = RecordCopyService(MongoCopySource(judged.collections), target, "here")
        for steps in (service.copy_all(), service.compare()):
            assert [step async for step in steps]
        await clear_collections(collections)

    assert min(checksum.count for checksum in service.checksums.values()) > 0
    assert judge.faults == []


async def test_makes_the_indexes_that_an_older_database_has_not() -> None:
    client = AsyncMongoMockClient()
    async with use_database(client["gf"]) as records:
        entries = records.collections.audit_entries.collection
        await entries.drop_index("door_1_at_1__id_1")
        await client["gf"]["meta"].update_one({"_id": "schema"}, {"$set": {"version": 1}})

    async with use_database(client["gf"]) as records:
        made = await records.collections.audit_entries.collection.index_information()

    assert "door_1_at_1__id_1" in made
