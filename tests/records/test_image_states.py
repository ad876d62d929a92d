"""How the state of an image follows its item in every database."""

from dataclasses import replace

import pytest
from job_steps import LEASE_S, add_job_of, claim_and_complete, claim_and_fail, claim_item, fail_item_of, lose_item
from record_factories import BROKEN, DERIVED, NOW, after, make_flow, make_image

from app.domain.image import Image, ImageState
from app.domain.job import MAX_LOSSES
from app.ports.records import Records

PROCESSING, READY, FAILED = ImageState.PROCESSING, ImageState.READY, ImageState.FAILED


async def states_of(records: Records, images: list[Image]) -> list[ImageState]:
    found = await records.images.find_many([image.id for image in images])
    return [found[image.id].state for image in images]


async def count_in_flow(records: Records) -> int:
    flow = await records.flows.find("harbours")
    assert flow is not None
    return flow.image_count


async def test_an_image_fails_with_its_item(records: Records) -> None:
    images = [make_image(state=PROCESSING, tags=("a",)) for _ in range(3)]
    await add_job_of(records, *images)

    await claim_and_fail(records)
    await claim_and_complete(records)

    assert await states_of(records, images) == [FAILED, PROCESSING, PROCESSING]
    assert await records.images.find(images[0].id) == replace(images[0], state=FAILED)


@pytest.mark.parametrize(("before", "then"), [(PROCESSING, FAILED), (READY, READY), (FAILED, FAILED)])
async def test_a_later_job_fails_only_what_is_processing(
    records: Records, before: ImageState, then: ImageState
) -> None:
    image = await records.images.add(make_image(state=before), ())

    await fail_item_of(records, image.id)

    assert await records.images.find(image.id) == replace(image, state=then)


async def test_an_image_that_was_made_ready_stays_so_through_failure_cancel_and_retry(records: Records) -> None:
    images = [make_image(state=PROCESSING) for _ in range(2)]
    job = await add_job_of(records, *images)
    for image in images:
        await records.images.finish(image.id, DERIVED)
    readings = []

    await claim_and_fail(records)
    readings.append(await states_of(records, images))
    await records.jobs.cancel(job.id, NOW)
    readings.append(await states_of(records, images))
    await records.jobs.retry(job.id, NOW)
    readings.append(await states_of(records, images))

    assert readings == [[READY, READY]] * 3


async def test_a_cancel_fails_the_images_of_open_items_alone(records: Records) -> None:
    completed, failed, running, waiting, queued = images = [make_image(state=PROCESSING) for _ in range(5)]
    ready, foreign = make_image(), make_image(state=PROCESSING)
    job = await add_job_of(records, *images, ready)
    await claim_and_complete(records)
    await claim_and_fail(records)
    claims = [await claim_item(records) for _ in range(2)]
    await records.jobs.put_back(claims[1], after(9), BROKEN, NOW)
    await add_job_of(records, foreign)

    await records.jobs.cancel(job.id, NOW)

    assert [claim.item.image_id for claim in claims] == [running.id, waiting.id]
    assert await states_of(records, [completed, failed, running]) == [PROCESSING, FAILED, FAILED]
    assert await states_of(records, [waiting, queued, ready, foreign]) == [FAILED, FAILED, READY, PROCESSING]


async def test_a_retry_brings_back_the_images_of_failed_items_alone(records: Records) -> None:
    images = [make_image(state=PROCESSING) for _ in range(3)]
    job = await add_job_of(records, *images)
    await claim_and_fail(records)
    await claim_and_complete(records)
    await records.images.finish(images[1].id, DERIVED)
    await records.jobs.cancel(job.id, NOW)
    before = await states_of(records, images)

    await records.jobs.retry(job.id, NOW)

    assert before == [FAILED, READY, FAILED]
    assert await states_of(records, images) == [PROCESSING, READY, FAILED]


async def test_a_retried_image_may_fail_again(records: Records) -> None:
    image = make_image(state=PROCESSING)
    job = await add_job_of(records, image)
    await claim_and_fail(records)
    await records.jobs.retry(job.id, NOW)

    await claim_and_fail(records)

    assert await states_of(records, [image]) == [FAILED]


async def test_an_image_waits_while_its_item_is_tried_again(records: Records) -> None:
    image = make_image(state=PROCESSING)
    await add_job_of(records, image)
    await records.jobs.put_back(await claim_item(records), NOW, BROKEN, NOW)
    await claim_item(records)

    await records.jobs.expire_leases(after(LEASE_S + 1))

    assert await states_of(records, [image]) == [PROCESSING]


async def test_an_image_fails_when_its_item_is_given_up(records: Records) -> None:
    image = make_image(state=PROCESSING)
    await add_job_of(records, image)
    readings = []

    for number in range(MAX_LOSSES):
        await lose_item(records, after(100 * number))
        readings += await states_of(records, [image])

    assert readings == [*[PROCESSING] * (MAX_LOSSES - 1), FAILED]


async def test_the_count_of_a_flow_follows_the_items(records: Records) -> None:
    await records.flows.add(make_flow("harbours"))
    job = await add_job_of(records, *(make_image(state=PROCESSING) for _ in range(3)))
    counts = [await count_in_flow(records)]

    await claim_and_fail(records)
    counts.append(await count_in_flow(records))
    await records.jobs.cancel(job.id, NOW)
    counts.append(await count_in_flow(records))
    await records.jobs.retry(job.id, NOW)
    counts.append(await count_in_flow(records))

    assert counts == [3, 2, 0, 1]
