"""What the kind of a job means in every database: its input, its turn, and what becomes of its images."""

import pytest
from job_steps import add_job_of, claim_and_fail, claim_item
from record_factories import NOW, add_job, make_image, make_job

from app.domain.image import Image, ImageState
from app.domain.job import JobKind
from app.ports.records import Records

INPUT = '{"model": "Ärger \\"1\\"", "wait": 2}'
NOT_TAKING_IN = [kind for kind in JobKind if not kind.takes_in]


@pytest.mark.parametrize("given", [None, "{}", INPUT])
async def test_a_job_keeps_what_it_was_told(records: Records, given: str | None) -> None:
    job = make_job(0, kind=JobKind.TRANSFORM, input=given)

    await records.jobs.add(job, [])

    assert await records.jobs.find(job.id) == job


async def test_a_claim_tells_what_the_job_was_told(records: Records) -> None:
    await add_job(records, kind=JobKind.TRANSFORM, input=INPUT)

    assert (await claim_item(records)).job.input == INPUT


async def test_a_transformation_comes_after_all_that_takes_in(records: Records) -> None:
    for kind in reversed(JobKind):
        await add_job(records, kind=kind)

    claimed = [(await claim_item(records)).job.kind for _ in JobKind]

    assert claimed[:4] == [JobKind.EDIT, JobKind.UPLOADED, JobKind.EXTERNAL, JobKind.LOCAL]
    assert claimed[-1] is JobKind.TRANSFORM


@pytest.mark.parametrize("kind", NOT_TAKING_IN)
async def test_an_image_that_another_job_takes_in_does_not_fail_with_this_one(records: Records, kind: JobKind) -> None:
    image = make_image(state=ImageState.PROCESSING)
    await add_job_of(records, image, kind=kind)

    await claim_and_fail(records)

    assert await _state_of(records, image) is ImageState.PROCESSING


@pytest.mark.parametrize("kind", NOT_TAKING_IN)
async def test_a_failed_image_stays_failed_when_this_job_is_tried_again(records: Records, kind: JobKind) -> None:
    image = make_image(state=ImageState.FAILED)
    job = await add_job_of(records, image, kind=kind)
    await claim_and_fail(records)

    await records.jobs.retry(job.id, NOW)

    assert await _state_of(records, image) is ImageState.FAILED


async def _state_of(records: Records, image: Image) -> ImageState:
    found = await records.images.find(image.id)
    assert found is not None
    return found.state
