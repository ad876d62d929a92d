"""What every database holds users to: room is taken when an upload is announced, and given back."""

import asyncio

import pytest
from record_factories import NOW, OTHER, OWNER, after, make_image, make_job, make_upload

from app.domain.errors import QuotaExceeded
from app.domain.job import JobItem
from app.domain.quota import Quota, Usage
from app.ports.records import Records


async def usage_of(records: Records, at_s: float = 0) -> Usage:
    return await records.uploads.usage(OWNER, after(at_s))


async def test_counts_what_is_announced_until_it_expires(records: Records) -> None:
    await records.uploads.add(make_upload(byte_size=700))
    await records.uploads.add(make_upload(byte_size=50, expires_at=after(60)))
    await records.uploads.add(make_upload(byte_size=9, owner_id=OTHER))

    assert await usage_of(records) == Usage(0, 0, 2, 750)
    assert await usage_of(records, 60) == Usage(0, 0, 2, 750)
    assert await usage_of(records, 61) == Usage(0, 0, 1, 700)


async def test_a_completed_upload_is_an_image(records: Records) -> None:
    upload = make_upload(byte_size=1_000, is_exact=False)
    await records.uploads.add(upload)
    image, job = make_image(id=upload.image_id, byte_size=600), make_job()

    await records.uploads.complete(upload.image_id, image, (), job, JobItem(job.id, 0, image.id))

    assert await usage_of(records) == Usage(1, 600, 0, 0)


async def test_what_is_deleted_counts_no_more(records: Records) -> None:
    images = [make_image(byte_size=100 * n) for n in (1, 2, 3)]
    for image in images:
        await records.images.add(image, ())
    upload = make_upload()
    await records.uploads.add(upload)

    await records.images.delete([images[0].id, images[2].id])
    await records.uploads.delete(upload.image_id)

    assert await usage_of(records) == Usage(1, 200, 0, 0)


@pytest.mark.parametrize(
    ("quota", "fits"),
    [
        (Quota(max_images=3), True),
        (Quota(max_images=2), False),
        (Quota(max_bytes=1_300), True),
        (Quota(max_bytes=1_299), False),
        (Quota(max_pending=2), True),
        (Quota(max_pending=1), False),
        (Quota(), True),
    ],
)
async def test_announces_only_what_fits_in(records: Records, quota: Quota, fits: bool) -> None:
    await records.images.add(make_image(byte_size=500), ())
    await records.uploads.add(make_upload(byte_size=300))
    upload = make_upload(byte_size=500)

    if fits:
        await records.uploads.add(upload, quota)
    else:
        with pytest.raises(QuotaExceeded):
            await records.uploads.add(upload, quota)

    assert (await records.uploads.find(upload.image_id) is not None) == fits
    assert (await usage_of(records)).pending == 1 + fits


@pytest.mark.parametrize(("quota", "fits"), [(Quota(max_images=2), True), (Quota(max_images=1), False)])
async def test_takes_in_only_images_that_fit_in(records: Records, quota: Quota, fits: bool) -> None:
    await records.uploads.add(make_upload())
    image = make_image()

    if fits:
        await records.images.add(image, (), quota)
        await records.images.add(image, (), Quota(max_images=0))
    else:
        with pytest.raises(QuotaExceeded):
            await records.images.add(image, (), quota)

    assert (await records.images.find(image.id) is not None) == fits
    assert (await usage_of(records)).images == fits


async def test_many_at_once_cannot_pass_a_quota_together(records: Records) -> None:
    uploads = [make_upload(byte_size=100) for _ in range(20)]

    outcomes = await asyncio.gather(
        *(records.uploads.add(upload, Quota(max_bytes=750)) for upload in uploads), return_exceptions=True
    )

    assert sum(isinstance(outcome, QuotaExceeded) for outcome in outcomes) == 13
    assert await usage_of(records) == Usage(0, 0, 7, 700)


async def test_an_expired_ticket_takes_its_room_anew(records: Records) -> None:
    old = make_upload(expires_at=after(-1))
    await records.uploads.add(old)
    await records.uploads.add(make_upload())

    with pytest.raises(QuotaExceeded):
        await records.uploads.renew(old.image_id, NOW, after(60), Quota(max_pending=1))
    assert (await usage_of(records)).pending == 1
    await records.uploads.renew(old.image_id, NOW, after(60), Quota(max_pending=2))

    assert (await usage_of(records)).pending == 2


async def test_a_ticket_that_holds_its_room_needs_no_more(records: Records) -> None:
    upload = make_upload()
    await records.uploads.add(upload)

    await records.uploads.renew(upload.image_id, NOW, after(9_000), Quota(max_pending=0))

    assert await records.uploads.find(upload.image_id) == upload
