"""A whole installation goes from one database to the other and back, and is the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import whole_world
from copied_records import copy, documents_of, open_copy, rows_of
from record_factories import DERIVED, NOW, OWNER, OWNER_VIEWER, after, make_image, make_job, make_user

from app.domain.errors import Conflict, NotFound
from app.domain.image import ImageFilter, ImageId, ImageOrder, ImageOrderField
from app.domain.job import JobId, JobItem
from app.domain.outbox import OutboxEntry
from app.domain.page import PageRequest
from app.domain.webhook import WEBHOOK
from app.ports.record_copy import TABLES, RecordSource
from app.ports.records import Records
from app.records.mongo.copying import open_copy_source as open_mongo_source
from app.records.mongo.database import open_records as open_mongo
from app.records.sqlite.database import open_records as open_sqlite
from app.services.record_copy import BATCH, Step
from tests.mongo_server import MongoServer


@pytest.fixture
async def filled(tmp_path: Path) -> Path:
    path = tmp_path / "filled.sqlite"
    async with open_sqlite(path) as records:
        await whole_world.fill(records)
    return path


@pytest.fixture
async def filled_mongo(mongo_server: MongoServer) -> str:
    url = mongo_server.new_url()
    async with open_mongo(url) as records:
        await whole_world.fill(records)
    return url


async def test_a_file_is_the_same_when_it_went_to_mongodb_and_came_back(
    filled: Path, tmp_path: Path, mongo_server: MongoServer
) -> None:
    url, back = mongo_server.new_url(), tmp_path / "back.sqlite"

    there = await copy(str(filled), url)
    assert await copy(url, str(back)) == there

    assert min(there.values()) > 0, there
    before, after = rows_of(filled), rows_of(back)
    assert {table for table in before if not before[table]} == set()
    assert {table: (before[table], after[table]) for table in before if before[table] != after[table]} == {}
    assert before.keys() == after.keys()


async def test_a_database_is_the_same_when_it_went_to_a_file_and_came_back(
    filled_mongo: str, tmp_path: Path, mongo_server: MongoServer
) -> None:
    path, back = tmp_path / "records.sqlite", mongo_server.new_url()

    there = await copy(filled_mongo, str(path))
    assert await copy(str(path), back) == there

    assert min(there.values()) > 0, there
    async with open_mongo_source(filled_mongo) as one, open_mongo_source(back) as other:
        before, after = await documents_of(one), await documents_of(other)
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}


async def test_goes_on_where_it_was_broken_off(filled: Path, tmp_path: Path, mongo_server: MongoServer) -> None:
    async with open_sqlite(filled) as records:
        await records.outbox.add([OutboxEntry("TRIED", str(place), NOW) for place in range(3 * BATCH)])
    for source, target in ((str(filled), mongo_server.new_url()), (str(filled), str(tmp_path / "target.sqlite"))):
        async with open_copy(source, target) as service:
            steps = service.copy_all()
            first = [step async for step in islice_async(steps, "outbox")]
            await steps.aclose()

        async with open_copy(source, target) as service:
            rest = [step async for step in service.copy_all()]
            assert [step async for step in service.compare()]

        assert {step.table for step in first} & {step.table for step in rest} == {"outbox"}
        assert next(step.done for step in rest if step.table == "outbox") == first[-1].done + BATCH


async def islice_async(steps: AsyncIterator[Step], table: str) -> AsyncIterator[Step]:
    """Yield the steps up to the first one of a table."""
    async for step in steps:
        yield step
        if step.table == table:
            return


@pytest.mark.parametrize("kind", ["sqlite", "mongodb"])
async def test_takes_away_what_is_not_the_same(
    filled: Path, tmp_path: Path, mongo_server: MongoServer, kind: str
) -> None:
    target = mongo_server.new_url() if kind == "mongodb" else str(tmp_path / "target.sqlite")
    async with open_copy(str(filled), target) as service:
        async for _ in service.copy_all():
            pass
        async with open_sqlite(filled) as records:
            await records.images.add(make_image(), ("harbours",))

        with pytest.raises(Conflict, match=r"images \(8 and 7 records\), usage \(2 and 2 records\)"):
            async for _ in service.compare():
                pass

        left = await documents_left(service.target)
    assert left == dict.fromkeys(TABLES, 0)
    assert min((await copy(str(filled), target)).values()) > 0


async def documents_left(source: RecordSource) -> dict[str, int]:
    return {table: len([entry async for entry in source.read(table)]) for table in TABLES}


async def test_a_copy_that_is_not_finished_cannot_be_used(
    filled: Path, tmp_path: Path, mongo_server: MongoServer
) -> None:
    url, path = mongo_server.new_url(), tmp_path / "target.sqlite"
    for target, opened in ((url, lambda: open_mongo(url)), (str(path), lambda: open_sqlite(path))):
        async with open_copy(str(filled), target) as service:
            await anext(service.copy_all())

        with pytest.raises(Conflict, match="is not finished"):
            async with opened():
                pass
        with pytest.raises(Conflict, match="is not finished"):
            await copy(target, str(tmp_path / "third.sqlite"))
        with pytest.raises(Conflict, match=r"A copy of .*filled\.sqlite into the target is not finished"):
            await copy(await other_source(tmp_path), target)


async def other_source(folder: Path) -> str:
    async with open_sqlite(folder / "other.sqlite") as records:
        await records.users.put(make_user("other"))
    return str(folder / "other.sqlite")


async def test_two_at_once_do_not_write_over_each_other(
    filled: Path, mongo_server: MongoServer, tmp_path: Path
) -> None:
    for target in (mongo_server.new_url(), str(tmp_path / "target.sqlite")):
        async with open_copy(str(filled), target) as one, open_copy(str(filled), target) as other:
            first, second = one.copy_all(), other.copy_all()
            await anext(first)
            await anext(second)

            with pytest.raises(Conflict, match="Another copy into the same target is going on"):
                await anext(first)


async def test_lets_be_what_holds_records_already(filled: Path, tmp_path: Path, mongo_server: MongoServer) -> None:
    url, path = mongo_server.new_url(), tmp_path / "target.sqlite"
    async with open_mongo(url) as records, open_sqlite(path) as others:
        await records.users.add(make_user("other"))
        await others.users.add(make_user("other"))

    for target in (url, str(path)):
        with pytest.raises(Conflict, match=r"The target has records already \(users\)"):
            await copy(str(filled), target)
    async with open_mongo(url) as records, open_sqlite(path) as others:
        assert [await each.users.find_by_name("ada") for each in (records, others)] == [None, None]


async def test_copies_nothing_from_where_nothing_is(tmp_path: Path, mongo_server: MongoServer) -> None:
    with pytest.raises(NotFound, match="There are no records in the database"):
        await copy(mongo_server.new_url(), str(tmp_path / "target.sqlite"))


async def test_goes_on_as_before_where_it_was_copied_to(
    filled: Path, tmp_path: Path, mongo_server: MongoServer
) -> None:
    """What is counted, numbered and owed goes on from where it was, by the triggers and the limits of the target."""
    url, path = mongo_server.new_url(), tmp_path / "target.sqlite"
    await copy(str(filled), url)
    await copy(url, str(path))
    async with open_mongo(url) as mongo, open_sqlite(path) as sqlite, open_sqlite(filled) as before:
        grown = [await grow(records) for records in (before, mongo, sqlite)]

    assert grown[1] == grown[0]
    assert grown[2] == grown[0]


async def grow(records: Records) -> dict[str, object]:
    """Add to what is there, and return what can be seen of it."""
    image = make_image(id=ImageId("image:ffff"), title="Newest harbour", tags=("sea",), created_at=after(10**6))
    await records.images.add(image, ("harbours",))
    await records.images.finish(image.id, DERIVED)
    job = make_job(id=JobId("job:ffff"), created_at=after(10**6))
    await records.jobs.add(job, [JobItem(job.id, 0, image.id)])
    with pytest.raises(Conflict):
        await records.webhooks.add(whole_world.make_webhook(9), 2)
    flow = (await records.flows.find_many(("harbours",)))["harbours"]
    page = await records.images.list(
        OWNER_VIEWER, ImageFilter(words=("harbour",)), ImageOrder(ImageOrderField.RELEVANCE), PageRequest(9)
    )
    hooked = await records.outbox.claim(after(10 * 365 * 86_400), 30, (WEBHOOK,))
    return {
        "flow": (flow.image_count, flow.cover_id, await records.flows.last_event("harbours")),
        "events": [(event.sequence, event.kind) for event in await records.flows.events("harbours", 0)],
        "found": [found.id for found in page.items],
        "usage": await records.uploads.usage(OWNER, NOW),
        "tag": await records.tags.find(OWNER, "sea"),
        "job": [change.id for change in (await records.jobs.changed(OWNER, 0)).jobs][-1:],
        "revision": (await records.jobs.open_jobs(OWNER)).revision,
        "webhooks": len(await records.webhooks.list_of(OWNER)),
        "told": hooked is not None,
    }
