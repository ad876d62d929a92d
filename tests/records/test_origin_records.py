"""Origins: images and items keep where they come from, and are found by it."""

from pathlib import Path

import pytest
from job_steps import claim_item
from record_factories import NOW, OWNER_VIEWER, add_job, after, make_image, make_job

from app.domain.image import ImageFilter, ImageOrder, new_image_id
from app.domain.job import JobItem, JobKind
from app.domain.origin import Origin
from app.domain.page import PageRequest
from app.ports.records import Records
from app.records.sqlite.connection import open_database
from app.records.sqlite.migrate import list_migrations, migrate

ORIGIN = Origin("https://example.com/größe.jpg?a=1", "https://example.com/")


@pytest.mark.parametrize("origin", [None, ORIGIN, Origin("http://example.com/")])
async def test_images_keep_where_they_come_from(records: Records, origin: Origin | None) -> None:
    image = make_image(origin=origin)

    await records.images.add(image, ())

    assert await records.images.find(image.id) == image


@pytest.mark.parametrize("origin", [None, ORIGIN, Origin("http://example.com/")])
async def test_items_keep_where_they_come_from(records: Records, origin: Origin | None) -> None:
    job = make_job(kind=JobKind.EXTERNAL)
    item = JobItem(job.id, 0, new_image_id(), origin=origin)

    await records.jobs.add(job, [item])

    assert await records.jobs.items([job.id]) == {job.id: (item,)}
    assert (await claim_item(records)).item.origin == origin


async def test_lists_the_images_of_an_origin(records: Records) -> None:
    older = make_image(origin=ORIGIN, created_at=after(-2))
    newer = make_image(origin=Origin(ORIGIN.url), created_at=after(-1))
    for image in (older, newer, make_image(origin=Origin(ORIGIN.url + "2")), make_image()):
        await records.images.add(image, ())

    async def list_ids(filters: ImageFilter) -> list[str]:
        page = await records.images.list(OWNER_VIEWER, filters, ImageOrder(), PageRequest())
        return [image.id for image in page.items]

    assert await list_ids(ImageFilter(origin_urls=(ORIGIN.url,))) == [newer.id, older.id]
    assert await list_ids(ImageFilter(origin_urls=(ORIGIN.url,), sha256=older.sha256)) == [older.id]
    assert await list_ids(ImageFilter(origin_urls=("https://example.com/",))) == []
    assert await records.images.count(OWNER_VIEWER, ImageFilter(origin_urls=(ORIGIN.url,))) == 2


async def test_fetches_come_behind_uploads_and_before_local_files(records: Records) -> None:
    kinds = (JobKind.LOCAL, JobKind.EXTERNAL, JobKind.UPLOADED)
    for age, kind in enumerate(kinds):
        await add_job(records, kind=kind, created_at=after(age - 9))

    claimed = [(await claim_item(records)).job.kind for _ in kinds]

    assert claimed == [JobKind.UPLOADED, JobKind.EXTERNAL, JobKind.LOCAL]


async def test_claims_only_what_the_caller_asks_for(records: Records) -> None:
    for kind in JobKind:
        await add_job(records, kind=kind, created_at=after(-1))

    asked = [(JobKind.EXTERNAL,), (JobKind.EXTERNAL,), (JobKind.UPLOADED, JobKind.LOCAL), ()]
    claims = [await records.jobs.claim(NOW, 30, kinds) for kinds in asked]

    assert [claim and claim.job.kind for claim in claims] == [JobKind.EXTERNAL, None, JobKind.UPLOADED, None]


async def test_local_files_that_were_queued_before_stay_last(tmp_path: Path) -> None:
    first, second = list_migrations()[:2]
    async with open_database(tmp_path / "records.db") as database:
        await migrate(database, (first,))
        async with database.transaction() as transaction:
            await transaction.fetch(
                "INSERT INTO jobs (id, kind, owner_id, flows, created_at, state, total, done, failed, cancelled) "
                "VALUES ('job:1', 'LOCAL', 'user:1', '[]', 0, 'QUEUED', 1, 0, 0, 0)"
            )
            await transaction.fetch(
                "INSERT INTO job_items (job_id, position, image_id, source, state, attempts, priority, not_before) "
                "VALUES ('job:1', 0, ?, '/a.jpg', 'QUEUED', 0, 1, 0)",
                (new_image_id(),),
            )

        await migrate(database, (first, second))

        row = await database.read_one("SELECT priority, origin_url FROM job_items")
    assert row is not None
    assert tuple(row) == (2, None)
