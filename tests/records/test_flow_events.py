"""What every database logs of a flow: each image that is added, changed or removed, once and in order."""

from datetime import UTC, datetime, timedelta

import pytest
from job_steps import add_job_of, claim_and_complete, claim_and_fail
from record_factories import DERIVED, NOW, make_flow, make_image, make_job, make_upload

from app.domain.flow import FlowChanges, FlowEvent
from app.domain.image import Image, ImageChanges, ImageState
from app.domain.job import JobItem
from app.ports.records import Records

KEPT = 10_000


@pytest.fixture
async def image(records: Records) -> Image:
    """An image that is being processed, in the flow `harbours` and not in the flow `cranes`."""
    await records.flows.add(make_flow())
    await records.flows.add(make_flow("cranes"))
    return await records.images.add(make_image(state=ImageState.PROCESSING), ("harbours",))


async def log_of(records: Records, name: str, after: int = 0) -> list[tuple[int, str, str | None]]:
    events = await records.flows.events(name, after)
    return [(event.sequence, event.kind.value, event.image_id) for event in events]


async def test_a_new_flow_has_no_log(records: Records) -> None:
    await records.flows.add(make_flow())

    assert await records.flows.events("harbours", 0) == ()
    assert await records.flows.last_event("harbours") == 0
    assert await records.flows.last_event("none") == 0


async def test_tells_of_an_image_that_is_added_with_its_upload(records: Records) -> None:
    await records.flows.add(make_flow())
    upload = make_upload()
    await records.uploads.add(upload)
    image, job = make_image(id=upload.image_id), make_job()
    await records.uploads.complete(image.id, image, ("harbours",), job, JobItem(job.id, 0, image.id))

    assert await log_of(records, "harbours") == [(1, "ADDED", image.id)]


async def test_tells_of_adding_and_removing_once(records: Records, image: Image) -> None:
    for _ in range(2):
        await records.flows.add_images("cranes", (image.id,))
    for _ in range(2):
        await records.flows.remove_images("cranes", (image.id,))

    assert await log_of(records, "cranes") == [(1, "ADDED", image.id), (2, "REMOVED", image.id)]
    assert await log_of(records, "harbours") == [(1, "ADDED", image.id)]


async def test_tells_every_flow_of_a_change_once(records: Records, image: Image) -> None:
    await records.flows.add_images("cranes", (image.id,))

    for _ in range(2):
        await records.images.update(image.id, ImageChanges(title="Dock", tags=("sea",)))
        await records.images.finish(image.id, DERIVED)

    expected = [(1, "ADDED", image.id), (2, "CHANGED", image.id), (3, "CHANGED", image.id)]
    assert await log_of(records, "harbours") == await log_of(records, "cranes") == expected
    assert await records.flows.last_event("cranes") == 3


async def test_tells_of_an_image_that_fails_and_is_tried_again(records: Records) -> None:
    await records.flows.add(make_flow())
    image = make_image(state=ImageState.PROCESSING)
    job = await add_job_of(records, image)

    await claim_and_fail(records)
    await records.jobs.retry(job.id, NOW)
    await claim_and_complete(records)

    kinds = [kind for _, kind, _ in await log_of(records, "harbours")]
    assert kinds == ["ADDED", "CHANGED", "CHANGED"]


async def test_tells_of_an_image_that_is_deleted(records: Records, image: Image) -> None:
    await records.images.delete((image.id,))

    assert await log_of(records, "harbours", after=1) == [(2, "REMOVED", image.id)]


async def test_says_nothing_of_changes_of_the_flow_itself(records: Records, image: Image) -> None:
    await records.flows.update("harbours", FlowChanges(description="Docks"))

    assert await records.flows.last_event("harbours") == 1


async def test_forgets_the_log_with_its_flow(records: Records, image: Image) -> None:
    await records.flows.delete("harbours")
    await records.flows.add(make_flow())

    assert await records.flows.events("harbours", 0) == ()
    assert await records.flows.last_event("harbours") == 0


async def test_says_when_it_happened(records: Records, image: Image) -> None:
    before = datetime.now(UTC)
    await records.flows.add_images("cranes", (image.id,))

    [event] = await records.flows.events("cranes", 0)

    assert abs(event.at - before) < timedelta(seconds=5)
    assert event.at.utcoffset() == timedelta(0)


async def test_returns_a_piece_of_the_log(records: Records) -> None:
    await records.flows.add(make_flow())
    images = [await records.images.add(make_image(), ("harbours",)) for _ in range(5)]

    piece: tuple[FlowEvent, ...] = await records.flows.events("harbours", 1, limit=3)

    assert [(event.sequence, event.image_id) for event in piece] == [(n + 1, images[n].id) for n in (1, 2, 3)]


async def test_keeps_the_newest_lines(records: Records) -> None:
    await records.flows.add(make_flow())
    images = [await records.images.add(make_image(), ()) for _ in range(100)]
    ids = [image.id for image in images]
    for _ in range(KEPT // 200):
        await records.flows.add_images("harbours", ids)
        await records.flows.remove_images("harbours", ids)
    assert (await records.flows.events("harbours", 0, limit=1))[0].sequence == 1

    await records.flows.add_images("harbours", ids[:3])

    kept = await records.flows.events("harbours", 0, limit=2 * KEPT)
    assert [event.sequence for event in kept] == list(range(4, KEPT + 4))
    assert await records.flows.last_event("harbours") == KEPT + 3
