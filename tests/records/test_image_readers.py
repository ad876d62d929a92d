"""Who sees an image through the flows that hold it, in every database."""

from dataclasses import replace

import pytest
from record_factories import (
    ADMIN_VIEWER,
    OTHER,
    OTHER_VIEWER,
    OWNER,
    OWNER_VIEWER,
    make_flow,
    make_image,
    viewer_of,
)

from app.domain.flow import GENERAL, FlowChanges
from app.domain.image import Image, ImageFilter, ImageOrder, ImageOrderField
from app.domain.page import PageRequest
from app.domain.viewer import ANONYMOUS, UserId, Viewer
from app.ports.records import Records

KEEPER, EDITOR, SECOND_EDITOR = UserId("user:keeper"), UserId("user:\"é'd"), UserId("user:second")
KEEPER_VIEWER, EDITOR_VIEWER = viewer_of(KEEPER), viewer_of(EDITOR)


async def add_shared(records: Records) -> Image:
    """Keep an image of OWNER in two private flows, of KEEPER and of nobody."""
    await records.flows.add(make_flow("kept", owner_id=KEEPER, is_public=False, editor_ids=(EDITOR, SECOND_EDITOR)))
    await records.flows.add(make_flow(GENERAL, owner_id=None, is_public=False, editor_ids=(EDITOR,)))
    return await records.images.add(make_image(tags=("a",), sha256="aa" * 32), ("kept", GENERAL))


async def list_seen(records: Records, viewer: Viewer, filters: ImageFilter, order: ImageOrder) -> tuple[Image, ...]:
    """Return the images that are listed, when the count agrees."""
    page = await records.images.list(viewer, filters, order, PageRequest())
    assert await records.images.count(viewer, filters) == len(page.items)
    return page.items


async def test_owners_and_editors_of_its_flows_are_the_readers_of_an_image(records: Records) -> None:
    image = await add_shared(records)
    alone = await records.images.add(make_image(), ())
    await records.flows.add(make_flow("empty", owner_id=OTHER, editor_ids=(OTHER,)))

    assert image.reader_ids == {KEEPER, EDITOR, SECOND_EDITOR}
    assert alone.reader_ids == frozenset()
    assert await records.images.find(image.id) == image
    assert await records.images.find_many((image.id, alone.id)) == {image.id: image, alone.id: alone}
    assert await records.images.find_by_sha256(OWNER, image.sha256) == image


FILTERS = [
    ImageFilter(),
    ImageFilter(owner_id=OWNER),
    ImageFilter(flow="kept"),
    ImageFilter(flow=GENERAL),
    ImageFilter(tag="a"),
    ImageFilter(sha256="aa" * 32),
]


@pytest.mark.parametrize("order", [ImageOrder(), ImageOrder(ImageOrderField.TITLE)], ids=str)
@pytest.mark.parametrize("filters", FILTERS, ids=repr)
async def test_lists_an_image_for_its_readers_alone(records: Records, filters: ImageFilter, order: ImageOrder) -> None:
    image = await add_shared(records)

    for viewer in (OWNER_VIEWER, KEEPER_VIEWER, EDITOR_VIEWER, viewer_of(SECOND_EDITOR), ADMIN_VIEWER):
        assert await list_seen(records, viewer, filters, order) == (image,)
    for viewer in (ANONYMOUS, OTHER_VIEWER, viewer_of(UserId("user:keep"))):
        assert await list_seen(records, viewer, filters, order) == ()


async def test_viewers_and_admins_of_a_flow_read_its_images(records: Records) -> None:
    looker, helper = UserId("user:looker"), UserId("user:helper")
    await records.flows.add(make_flow("kept", is_public=False, viewer_ids=(looker,), admin_ids=(helper,)))
    image = await records.images.add(make_image(owner_id=KEEPER), ("kept",))

    listed = [await records.images.count(viewer_of(who), ImageFilter()) for who in (looker, helper, OTHER)]
    await records.flows.update("kept", FlowChanges(viewer_ids=()))
    relisted = [await records.images.count(viewer_of(who), ImageFilter()) for who in (looker, helper, OTHER)]

    assert image.reader_ids == {OWNER, looker, helper}
    assert (listed, relisted) == ([1, 1, 0], [0, 1, 0])


async def test_readers_change_with_the_flows(records: Records) -> None:
    image = await add_shared(records)
    readings = []
    seen = []

    async def read() -> None:
        found = await records.images.find(image.id)
        assert found is not None
        assert found == replace(image, reader_ids=found.reader_ids)
        readings.append(set(found.reader_ids))
        seen.append([await records.images.count(viewer, ImageFilter()) for viewer in (KEEPER_VIEWER, EDITOR_VIEWER)])

    await records.flows.update("kept", FlowChanges(editor_ids=(SECOND_EDITOR,)))
    await read()
    await records.flows.remove_images(GENERAL, (image.id,))
    await read()
    await records.flows.delete("kept")
    await read()

    assert readings == [{KEEPER, EDITOR, SECOND_EDITOR}, {KEEPER, SECOND_EDITOR}, set()]
    assert seen == [[1, 1], [1, 0], [0, 0]]
