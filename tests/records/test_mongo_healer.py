"""What the healer of MongoDB clears away, and what it leaves to whoever is at it."""

from collections.abc import AsyncIterator

import pytest
from mongomock_motor import AsyncMongoMockClient
from record_factories import NOW, make_items, make_job

from app.records.mongo.database import MongoRecords, use_database
from app.records.mongo.healer import STAGED_S, heal
from app.records.mongo.jobs import keep_job, new_job_rows


@pytest.fixture
async def mongo() -> AsyncIterator[MongoRecords]:
    async with use_database(AsyncMongoMockClient()["gf"]) as opened:
        yield opened


async def test_leaves_the_items_of_a_job_that_is_being_added(mongo: MongoRecords) -> None:
    job = make_job(created_at=NOW)  # which was long ago
    row, items = await new_job_rows(mongo.collections, job, make_items(job.id))
    await mongo.collections.job_items.insert_missing(items)

    await heal(mongo.collections)

    assert len(await mongo.collections.job_items.ids({"job_id": job.id})) == 1
    await keep_job(mongo.collections, row, items)
    claim = await mongo.jobs.claim(NOW, 30)
    assert claim is not None
    assert claim.job.id == job.id


async def test_clears_away_items_whose_job_never_came(mongo: MongoRecords) -> None:
    job = make_job()
    _, items = await new_job_rows(mongo.collections, job, make_items(job.id))
    await mongo.collections.job_items.insert_missing(items)

    await heal(mongo.collections, after_s=-STAGED_S - 1)

    assert await mongo.collections.job_items.ids({"job_id": job.id}) == []
