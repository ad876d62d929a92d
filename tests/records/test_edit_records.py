"""What every database does with edits: one plan after the other, and the latest revision shown."""

import asyncio
from dataclasses import replace

import pytest
from record_factories import DERIVED, make_flow, make_image, make_job, viewer_of

from app.domain import edit
from app.domain.edit import EditOperation, FlipDirection
from app.domain.edit_plan import EditPlan
from app.domain.errors import Conflict, NotFound
from app.domain.flow import FlowEventKind
from app.domain.image import (
    Edited,
    Image,
    ImageFilter,
    ImageFormat,
    ImageId,
    ImageOrder,
    ImageState,
    Shown,
    new_image_id,
)
from app.domain.job import JobItem, JobKind
from app.domain.page import PageRequest
from app.domain.placing import Crop, Gravity
from app.ports.records import Records

OPERATIONS: tuple[EditOperation, ...] = (
    Crop(1, 2, 3, 4),
    edit.Rotate(12.5, "#aabbcc"),
    edit.Flip(FlipDirection.VERTICAL),
    edit.Resize(width=100),
    edit.Noise(3.5, 7),
    edit.Text("Größe\n2", size=20),
    edit.Watermark(Gravity.NORTH, opacity=0.5),
)
EDITED_HASH = "ff" * 8


def plan_of(revision: int, *operations: EditOperation) -> tuple[EditPlan, object, JobItem]:
    job = make_job(kind=JobKind.EDIT)
    return EditPlan(revision, job.id, operations), job, JobItem(job.id, 0, new_image_id())


async def plan(records: Records, image_id: ImageId, revision: int, *operations: EditOperation) -> EditPlan:
    planned, job, item = plan_of(revision, *operations)
    await records.edits.plan(image_id, planned, job, replace(item, image_id=image_id))
    return planned


def edited(image: Image, revision: int, *operations: EditOperation) -> Image:
    """Return an image as it is shown with edits."""
    return replace(
        image,
        width=300,
        height=200,
        derived=replace(DERIVED, difference_hash=EDITED_HASH),
        edited=Edited(
            revision=revision,
            operations=operations,
            format=ImageFormat.PNG,
            byte_size=77,
            sha256="ab" * 32,
            original=Shown(image.width, image.height, image.frame_count, image.derived),
        ),
        revision=revision,
    )


async def test_keeps_the_plan_that_was_accepted_last(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    found = [await records.edits.find_plan(image.id)]

    first = await plan(records, image.id, 1, *OPERATIONS)
    found.append(await records.edits.find_plan(image.id))
    second = await plan(records, image.id, 2)
    found.append(await records.edits.find_plan(image.id))

    assert found == [None, first, second]
    assert [job.kind for job in (await records.jobs.find_many([first.job_id, second.job_id])).values()] == ["EDIT"] * 2
    assert (await records.jobs.items([second.job_id]))[second.job_id][0].image_id == image.id
    assert await records.images.find(image.id) == image


@pytest.mark.parametrize("revision", [1, 3])
async def test_refuses_a_plan_that_does_not_follow(records: Records, revision: int) -> None:
    image = await records.images.add(make_image(), ())
    kept = await plan(records, image.id, 1)
    planned, job, item = plan_of(revision, edit.Blur(1))

    with pytest.raises(Conflict):
        await records.edits.plan(image.id, planned, job, item)

    assert await records.edits.find_plan(image.id) == kept
    assert await records.jobs.find(planned.job_id) is None


async def test_of_plans_at_once_one_is_kept(records: Records) -> None:
    image = await records.images.add(make_image(), ())

    ended = await asyncio.gather(*(plan(records, image.id, 1, edit.Blur(n)) for n in range(5)), return_exceptions=True)

    [kept] = [planned for planned in ended if isinstance(planned, EditPlan)]
    assert [type(error) for error in ended if error is not kept] == [Conflict] * 4
    assert await records.edits.find_plan(image.id) == kept


async def test_plans_nothing_for_an_image_that_is_gone(records: Records) -> None:
    planned, job, item = plan_of(1)

    with pytest.raises(NotFound):
        await records.edits.plan(new_image_id(), planned, job, item)

    assert await records.jobs.find(job.id) is None
    assert await records.edits.find_plan(new_image_id()) is None


async def test_shows_what_was_edited_and_the_original_again(records: Records) -> None:
    image = await records.images.add(make_image(derived=DERIVED), ())
    shown = edited(image, 1, *OPERATIONS)

    await records.edits.show(shown)
    seen = await records.images.find(image.id)
    await records.edits.show(replace(image, revision=2))

    assert seen == shown
    assert await records.images.find(image.id) == replace(image, revision=2)


async def test_a_later_revision_stays_shown(records: Records) -> None:
    image = await records.images.add(make_image(derived=DERIVED), ())
    later = edited(image, 2, edit.Blur(1))
    await records.edits.show(later)

    await records.edits.show(edited(image, 1, edit.Blur(2)))
    await records.images.finish(image.id, DERIVED)

    assert await records.images.find(image.id) == later


async def test_the_same_revision_may_be_shown_anew(records: Records) -> None:
    image = await records.images.add(make_image(derived=DERIVED), ())
    await records.edits.show(edited(image, 1, edit.Blur(1)))
    anew = replace(edited(image, 1, edit.Blur(1)), width=299)

    await records.edits.show(anew)

    assert await records.images.find(image.id) == anew


async def test_shows_nothing_of_an_image_that_is_gone(records: Records) -> None:
    gone = make_image()

    await records.edits.show(edited(gone, 1))

    assert await records.images.find(gone.id) is None


async def test_what_is_shown_is_what_is_found(records: Records) -> None:
    image = await records.images.add(make_image(derived=DERIVED), ())

    await records.edits.show(edited(image, 1, edit.Blur(1)))

    viewer = viewer_of(image.owner_id)
    found = [
        (await records.images.list(viewer, ImageFilter(min_width=width), ImageOrder(), PageRequest(5))).items
        for width in (300, 301)
    ]
    assert [[found.id for found in images] for images in found] == [[image.id], []]
    assert [near.image_id for near in await records.images.find_similar(EDITED_HASH, 0, 5)] == [image.id]
    assert await records.images.find_similar(DERIVED.difference_hash, 0, 5) == ()
    assert (await records.images.find_by_sha256(image.owner_id, image.sha256)) is not None


async def test_flows_log_that_an_image_was_edited(records: Records) -> None:
    await records.flows.add(make_flow())
    image = await records.images.add(make_image(derived=DERIVED), ("harbours",))
    same = replace(edited(image, 1, edit.Brightness(1)), derived=DERIVED)

    await records.edits.show(same)
    await records.edits.show(same)

    kinds = [event.kind for event in await records.flows.events("harbours", 0)]
    assert kinds == [FlowEventKind.ADDED, FlowEventKind.CHANGED]


async def test_a_copy_follows_its_item(records: Records) -> None:
    """An edit takes copies in; what is edited itself is ready, and stays so."""
    for state in (ImageState.PROCESSING, ImageState.READY):
        image = await records.images.add(make_image(state=state), ())
        job = make_job(kind=JobKind.EDIT)
        await records.jobs.add(job, [JobItem(job.id, 0, image.id)])

        await records.jobs.cancel(job.id, job.created_at)

        found = await records.images.find(image.id)
        assert found is not None
        assert found.state is (ImageState.READY if state is ImageState.READY else ImageState.FAILED)
