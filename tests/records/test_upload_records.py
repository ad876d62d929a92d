"""What every database keeps of uploads."""

from dataclasses import replace

import pytest
from record_factories import NOW, OWNER, after, make_flow, make_image, make_job, make_upload

from app.domain.errors import AlreadyCompleted, NotFound
from app.domain.image import Image, ImageState, new_image_id
from app.domain.job import Job, JobFilter, JobItem, new_job_id
from app.domain.page import PageRequest
from app.domain.upload import Upload, UploadMetrics
from app.ports.records import Records


def make_completion(upload: Upload) -> tuple[Image, Job, JobItem]:
    image = make_image(id=upload.image_id, state=ImageState.PROCESSING, tags=upload.tags)
    job = make_job(1)
    return image, job, JobItem(job.id, 0, image.id)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"sha256": "ab" * 32, "client_type": None, "flows": (), "tags": ()},
        {"job_id": new_job_id(), "title": "", "is_exact": False},
    ],
)
async def test_returns_an_upload_as_it_was_added(records: Records, values: dict[str, object]) -> None:
    upload = make_upload(**values)

    await records.uploads.add(upload)

    assert await records.uploads.find(upload.image_id) == upload
    assert await records.uploads.find(new_image_id()) is None


async def test_completes_with_image_flows_job_and_item_at_once(records: Records) -> None:
    await records.flows.add(make_flow("harbours"))
    upload = make_upload()
    await records.uploads.add(upload)
    image, job, item = make_completion(upload)

    kept = await records.uploads.complete(upload.image_id, image, ("harbours", "missing"), job, item)

    assert kept == replace(image, is_public=True, reader_ids=frozenset({OWNER}))
    assert await records.uploads.find(upload.image_id) == replace(upload, job_id=job.id)
    assert await records.images.find(image.id) == kept
    flows = await records.flows.find_of_images((image.id,))
    assert [(flow.name, flow.image_count) for flow in flows[image.id]] == [("harbours", 1)]
    assert await records.jobs.find(job.id) == job
    assert await records.jobs.items((job.id,)) == {job.id: (item,)}
    claim = await records.jobs.claim(NOW, 30)
    assert claim is not None
    assert claim.item == replace(item, state=claim.item.state, attempts=1)


async def test_completes_once(records: Records) -> None:
    upload = make_upload()
    await records.uploads.add(upload)
    image, job, item = make_completion(upload)
    await records.uploads.complete(upload.image_id, image, (), job, item)
    _, second, other_item = make_completion(upload)

    with pytest.raises(AlreadyCompleted) as refusal:
        await records.uploads.complete(upload.image_id, replace(image, title="other"), (), second, other_item)

    assert refusal.value.job_id == job.id
    assert await records.images.find(image.id) == image
    assert (await records.jobs.list(JobFilter(), PageRequest())).items == (job,)


async def test_does_not_complete_what_is_not_there(records: Records) -> None:
    image, job, item = make_completion(make_upload())

    with pytest.raises(NotFound):
        await records.uploads.complete(image.id, image, (), job, item)

    assert await records.images.find(image.id) is None
    assert await records.jobs.find(job.id) is None
    assert await records.jobs.count(JobFilter()) == 0


async def test_completes_when_the_image_is_there_already(records: Records) -> None:
    upload = make_upload()
    await records.uploads.add(upload)
    image, job, item = make_completion(upload)
    await records.images.add(image, ())

    kept = await records.uploads.complete(upload.image_id, replace(image, title="other"), (), job, item)

    assert kept == image
    assert await records.images.find(image.id) == image
    assert await records.jobs.find(job.id) == job


async def test_deletes_a_ticket(records: Records) -> None:
    upload, other = make_upload(), make_upload()
    await records.uploads.add(upload)
    await records.uploads.add(other)

    await records.uploads.delete(upload.image_id)
    await records.uploads.delete(upload.image_id)

    assert await records.uploads.find(upload.image_id) is None
    assert await records.uploads.find(other.image_id) == other


async def test_deletes_what_expired_before_and_was_never_completed(records: Records) -> None:
    old, edge, done = (make_upload(expires_at=after(age)) for age in (-1, 0, -1))
    for upload in (old, edge, done):
        await records.uploads.add(upload)
    image, job, item = make_completion(done)
    await records.uploads.complete(done.image_id, image, (), job, item)

    assert await records.uploads.delete_expired(NOW) == (old.image_id,)
    assert await records.uploads.delete_expired(NOW) == ()

    found = [await records.uploads.find(upload.image_id) is not None for upload in (old, edge, done)]
    assert found == [False, True, True]


async def test_metrics_leave_the_ticket_as_it_is(records: Records) -> None:
    upload = make_upload()
    await records.uploads.add(upload)

    await records.uploads.add_metrics(UploadMetrics(upload.image_id, None, 1500.25, 1200.5), NOW)
    await records.uploads.add_metrics(UploadMetrics(upload.image_id, "web", 0, 0.0), after(1))

    assert await records.uploads.find(upload.image_id) == upload
