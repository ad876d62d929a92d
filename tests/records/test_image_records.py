"""What every database keeps of images."""

from dataclasses import replace

import pytest
from job_steps import fail_item_of
from record_factories import (
    DERIVED,
    NOW,
    OTHER,
    OWNER,
    OWNER_VIEWER,
    add_job,
    after,
    make_flow,
    make_image,
    make_upload,
)

from app.domain.errors import NotFound
from app.domain.image import Image, ImageChanges, ImageFilter, ImageId, ImageOrder, ImageState, new_image_id
from app.domain.metadata import Metadata, Place
from app.domain.page import PageRequest
from app.ports.records import Records


async def test_returns_an_image_as_it_was_added(records: Records) -> None:
    image = make_image(
        client_type="ios",
        tags=("sea", "b", "a"),
        derived=DERIVED,
        byte_size=2**53 + 1,
        title="日本 'x'",
        client_metadata='{"album": "Häfen", "n": [1, 2.50]}',
    )

    kept = await records.images.add(image, ())

    assert kept == image
    assert await records.images.find(image.id) == image


async def test_keeps_all_metadata_exactly(records: Records) -> None:
    metadata = Metadata(
        "a", "b", "c", 0.1, 2.8, 100, 35.5, "2026-01-01T00:00:00", 1, Place(-0.1, 0.30000000000000004, 8.5)
    )
    image = make_image(derived=replace(DERIVED, metadata=metadata))

    await records.images.add(image, ())

    found = await records.images.find(image.id)
    assert found is not None
    assert found.derived == replace(DERIVED, metadata=metadata)


async def test_finds_nothing_for_unknown_ids(records: Records) -> None:
    image = await records.images.add(make_image(), ())

    assert await records.images.find(new_image_id()) is None
    assert await records.images.find_many((new_image_id(), image.id, ImageId("no id"))) == {image.id: image}
    assert await records.images.find_many(()) == {}


async def test_finds_more_images_than_a_statement_has_parameters(records: Records) -> None:
    image = await records.images.add(make_image(), ())

    found = await records.images.find_many([*(new_image_id() for _ in range(40_000)), image.id])

    assert found == {image.id: image}


async def test_adds_an_image_once(records: Records) -> None:
    await records.flows.add(make_flow("first"))
    await records.flows.add(make_flow("second"))
    image = await records.images.add(make_image(tags=("a",)), ("first",))

    kept = await records.images.add(replace(image, title="Other", tags=("b",)), ("second",))

    assert kept == image
    assert await records.images.find(image.id) == image
    assert [flow.name for flow in (await records.flows.find_of_images((image.id,)))[image.id]] == ["first"]


async def test_puts_a_new_image_into_the_flows_that_exist(records: Records) -> None:
    await records.flows.add(make_flow("first"))
    await records.flows.add(make_flow("second"))

    image = await records.images.add(make_image(), ("second", "missing", "first"))

    flows = (await records.flows.find_of_images((image.id,)))[image.id]
    assert [(flow.name, flow.image_count, flow.cover_id) for flow in flows] == [
        ("first", 1, image.id),
        ("second", 1, image.id),
    ]


async def test_is_public_through_any_public_flow(records: Records) -> None:
    await records.flows.add(make_flow("private", is_public=False))
    await records.flows.add(make_flow("public", is_public=True))

    hidden = await records.images.add(make_image(), ("private",))
    shown = await records.images.add(make_image(), ("private", "public"))

    assert (hidden.is_public, shown.is_public) == (False, True)


async def test_finds_the_owners_oldest_image_of_a_hash_that_is_not_failed(records: Records) -> None:
    sha256 = "ab" * 32
    await records.images.add(make_image(sha256=sha256, created_at=after(-9), state=ImageState.FAILED), ())
    await records.images.add(make_image(sha256=sha256, created_at=after(-8), owner_id=OTHER), ())
    await records.images.add(make_image(sha256=sha256, created_at=after(1)), ())
    oldest = await records.images.add(make_image(sha256=sha256, state=ImageState.PROCESSING), ())

    assert await records.images.find_by_sha256(OWNER, sha256) == oldest
    assert await records.images.find_by_sha256(OWNER, "cd" * 32) is None


@pytest.mark.parametrize("state", ImageState)
async def test_finishes_an_image_of_any_state(records: Records, state: ImageState) -> None:
    image = await records.images.add(make_image(state=state), ())

    await records.images.finish(image.id, DERIVED)

    assert await records.images.find(image.id) == replace(image, state=ImageState.READY, derived=DERIVED)


async def test_does_not_bring_a_deleted_image_back(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    await records.images.delete((image.id,))

    await records.images.finish(image.id, DERIVED)
    job = await fail_item_of(records, image.id)
    await records.jobs.retry(job.id, NOW)

    assert await records.images.find(image.id) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (ImageChanges(), {}),
        (ImageChanges(title=""), {"title": ""}),
        (ImageChanges(tags=("new", "b")), {"tags": ("new", "b")}),
        (ImageChanges(title="Quay", tags=()), {"title": "Quay", "tags": ()}),
    ],
)
async def test_changes_what_is_given(records: Records, changes: ImageChanges, expected: dict[str, object]) -> None:
    await records.flows.add(make_flow())
    image = await records.images.add(make_image(tags=("a", "b"), derived=DERIVED), ("harbours",))

    updated = await records.images.update(image.id, changes)

    assert updated == replace(image, **expected)
    assert await records.images.find(image.id) == updated


async def test_lists_by_the_new_tags_after_a_change(records: Records) -> None:
    image = await records.images.add(make_image(tags=("old", "same")), ())

    await records.images.update(image.id, ImageChanges(tags=("new", "same")))

    counts = [await records.images.count(OWNER_VIEWER, ImageFilter(tag=tag)) for tag in ("old", "same", "new")]
    assert counts == [0, 1, 1]


async def test_refuses_to_change_what_is_not_there(records: Records) -> None:
    with pytest.raises(NotFound):
        await records.images.update(new_image_id(), ImageChanges(title="x"))


async def test_deletes_images_with_their_places_and_tags(records: Records) -> None:
    await records.flows.add(make_flow())
    gone = [await records.images.add(make_image(tags=("a",)), ("harbours",)) for _ in range(2)]
    kept = await records.images.add(make_image(tags=("a",), created_at=after(-5)), ("harbours",))

    await records.images.delete([gone[0].id, new_image_id(), gone[1].id])

    assert await records.images.find_many([gone[0].id, gone[1].id, kept.id]) == {kept.id: kept}
    flow = await records.flows.find("harbours")
    assert flow is not None
    assert (flow.image_count, flow.cover_id) == (1, kept.id)
    page = await records.images.list(OWNER_VIEWER, ImageFilter(tag="a"), ImageOrder(), PageRequest())
    assert page.items == (kept,)


async def test_a_job_keeps_its_history_when_its_image_is_deleted(records: Records) -> None:
    image: Image = make_image(state=ImageState.PROCESSING)
    upload = make_upload(image_id=image.id)
    await records.uploads.add(upload)
    job, items = await add_job(records)
    claim = await records.jobs.claim(NOW, 30)
    assert claim is not None
    await records.jobs.complete(claim, NOW)
    await records.images.add(replace(image, id=items[0].image_id), ())

    await records.images.delete((items[0].image_id,))

    assert [item.image_id for item in (await records.jobs.items((job.id,)))[job.id]] == [items[0].image_id]
    assert [event.image_id for event in await records.jobs.events(job.id)] == [items[0].image_id]
    assert await records.uploads.find(image.id) == upload


async def test_an_image_may_be_added_again_after_it_was_deleted(records: Records) -> None:
    await records.flows.add(make_flow())
    image = await records.images.add(make_image(tags=("a",)), ("harbours",))
    await records.images.delete((image.id,))

    assert await records.images.add(image, ("harbours",)) == image
    flow = await records.flows.find("harbours")
    assert flow is not None
    assert flow.image_count == 1
