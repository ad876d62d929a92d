"""What every database keeps of flows."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_steps import fail_item_of
from record_factories import (
    ADMIN_VIEWER,
    DERIVED,
    OTHER,
    OTHER_VIEWER,
    OWNER,
    OWNER_VIEWER,
    after,
    make_flow,
    make_image,
    viewer_of,
)

from app.domain.errors import Conflict, InvalidInput, NotFound
from app.domain.flow import GENERAL, Flow, FlowChanges
from app.domain.image import ImageFilter, ImageOrder, ImageState, new_image_id
from app.domain.page import Cursor, PageRequest
from app.domain.viewer import ANONYMOUS, UserId, Viewer
from app.ports.records import Records


async def get_flow(records: Records, name: str) -> Flow:
    flow = await records.flows.find(name)
    assert flow is not None
    return flow


async def test_returns_a_flow_as_it_was_added(records: Records) -> None:
    flow = make_flow(
        "Häfen 1.0",
        editor_ids=(UserId("user:b"), UserId("user:a")),
        viewer_ids=(UserId("user:d"), UserId("user:c")),
        admin_ids=(UserId("user:a"),),
        is_public=False,
        storage="s3",
    )
    general = make_flow(GENERAL, owner_id=None, description="")

    await records.flows.add(flow)
    await records.flows.add(general)

    assert await records.flows.find("Häfen 1.0") == flow
    assert await records.flows.find_many((GENERAL, "none", "Häfen 1.0")) == {flow.name: flow, GENERAL: general}
    assert await records.flows.find("häfen 1.0") is None


async def test_refuses_a_name_that_is_taken(records: Records) -> None:
    flow = make_flow()
    await records.flows.add(flow)

    with pytest.raises(Conflict):
        await records.flows.add(make_flow(owner_id=OTHER, description="another"))

    assert await records.flows.find(flow.name) == flow


async def test_adds_only_what_is_missing(records: Records) -> None:
    kept = make_flow("kept")
    await records.flows.add(kept)
    new = make_flow("new")

    await records.flows.add_missing([replace(kept, owner_id=OTHER), new, replace(new, description="twice")])
    await records.flows.add_missing([replace(new, is_public=False)])
    await records.flows.add_missing([])

    assert await records.flows.find_many(("kept", "new")) == {"kept": kept, "new": new}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (FlowChanges(), {}),
        (FlowChanges(description=""), {"description": ""}),
        (FlowChanges(is_public=False), {"is_public": False}),
        (FlowChanges(editor_ids=(OTHER,)), {"editor_ids": (OTHER,)}),
        (FlowChanges(viewer_ids=(OTHER,), admin_ids=()), {"viewer_ids": (OTHER,), "admin_ids": ()}),
        (
            FlowChanges(description="x", is_public=True, editor_ids=()),
            {"description": "x", "is_public": True, "editor_ids": ()},
        ),
    ],
)
async def test_changes_what_is_given(records: Records, changes: FlowChanges, expected: dict[str, object]) -> None:
    await records.flows.add(make_flow(editor_ids=(UserId("user:a"),), admin_ids=(UserId("user:b"),)))
    image = await records.images.add(make_image(), ("harbours",))
    flow = await get_flow(records, "harbours")

    updated = await records.flows.update("harbours", changes)

    assert updated == replace(flow, **expected)
    assert await records.flows.find("harbours") == updated
    assert (updated.image_count, updated.cover_id) == (1, image.id)


async def test_refuses_to_change_delete_or_fill_what_is_not_there(records: Records) -> None:
    image = await records.images.add(make_image(), ())

    with pytest.raises(NotFound):
        await records.flows.update("none", FlowChanges(description="x"))
    with pytest.raises(NotFound):
        await records.flows.delete("none")
    with pytest.raises(NotFound):
        await records.flows.add_images("none", (image.id,))
    await records.flows.remove_images("none", (image.id,))

    assert await records.flows.find_of_images((image.id,)) == {image.id: ()}


async def test_keeps_the_images_of_a_deleted_flow(records: Records) -> None:
    await records.flows.add(make_flow("gone"))
    await records.flows.add(make_flow("kept"))
    image = await records.images.add(make_image(), ("gone", "kept"))

    await records.flows.delete("gone")
    await records.flows.add(make_flow("gone"))

    assert await records.images.find(image.id) == image
    assert [flow.name for flow in (await records.flows.find_of_images((image.id,)))[image.id]] == ["kept"]
    assert (await get_flow(records, "gone")).image_count == 0


async def test_puts_images_in_and_takes_them_out(records: Records) -> None:
    await records.flows.add(make_flow())
    older, newer = [await records.images.add(make_image(created_at=after(age)), ()) for age in (0, 5)]

    await records.flows.add_images("harbours", (newer.id, new_image_id(), older.id))
    await records.flows.add_images("harbours", (older.id, older.id))
    full = await get_flow(records, "harbours")
    page = await records.images.list(OWNER_VIEWER, ImageFilter(flow="harbours"), ImageOrder(), PageRequest())
    await records.flows.remove_images("harbours", (newer.id, new_image_id()))
    left = await get_flow(records, "harbours")

    assert (full.image_count, full.cover_id) == (2, newer.id)
    assert [image.id for image in page.items] == [newer.id, older.id]
    assert (left.image_count, left.cover_id) == (1, older.id)


async def test_leaves_failed_images_out_of_count_and_cover(records: Records) -> None:
    await records.flows.add(make_flow())
    older = await records.images.add(make_image(), ("harbours",))
    newer = await records.images.add(make_image(created_at=after(1), state=ImageState.PROCESSING), ("harbours",))
    broken = await records.images.add(make_image(created_at=after(2), state=ImageState.FAILED), ())
    await records.flows.add_images("harbours", (broken.id,))
    readings = []

    for change in (
        fail_item_of(records, newer.id),
        records.images.finish(broken.id, DERIVED),
        records.images.finish(newer.id, DERIVED),
        records.images.delete((broken.id, newer.id)),
    ):
        flow = await get_flow(records, "harbours")
        readings.append((flow.image_count, flow.cover_id))
        await change
    flow = await get_flow(records, "harbours")
    readings.append((flow.image_count, flow.cover_id))

    assert readings == [(2, newer.id), (1, older.id), (2, broken.id), (3, broken.id), (1, older.id)]


async def test_finds_the_flows_of_each_image_by_name(records: Records) -> None:
    for name in ("b", "a", "c"):
        await records.flows.add(make_flow(name))
    first = await records.images.add(make_image(), ("c", "a"))
    second = await records.images.add(make_image(created_at=after(1)), ("b",))
    alone = await records.images.add(make_image(), ())

    found = await records.flows.find_of_images((first.id, second.id, alone.id, first.id))

    flows = await records.flows.find_many(("a", "b", "c"))
    assert found == {first.id: (flows["a"], flows["c"]), second.id: (flows["b"],), alone.id: ()}


@pytest.mark.parametrize(
    ("viewer", "search", "expected"),
    [
        (ANONYMOUS, None, ["Cranes", "general", "quays"]),
        (OWNER_VIEWER, None, ["Cranes", "general", "own", "quays"]),
        (OTHER_VIEWER, None, ["Cranes", "edited", "general", "quays"]),
        (ADMIN_VIEWER, None, ["Cranes", "edited", "general", "own", "quays"]),
        (ADMIN_VIEWER, "ra", ["Cranes", "general"]),
        (ADMIN_VIEWER, "RAN", ["Cranes"]),
        (ADMIN_VIEWER, "", ["Cranes", "edited", "general", "own", "quays"]),
        (ADMIN_VIEWER, "%", []),
        (ANONYMOUS, "own", []),
    ],
)
async def test_lists_by_name_what_the_viewer_may_see(
    records: Records, viewer: Viewer, search: str | None, expected: list[str]
) -> None:
    await records.flows.add(make_flow("quays", owner_id=OTHER))
    await records.flows.add(make_flow("own", is_public=False))
    await records.flows.add(make_flow("edited", owner_id=UserId("user:x"), is_public=False, editor_ids=(OTHER,)))
    await records.flows.add(make_flow("Cranes"))
    await records.flows.add(make_flow(GENERAL, owner_id=None))

    page = await records.flows.list(viewer, search, PageRequest())

    assert [flow.name for flow in page.items] == expected
    assert await records.flows.count(viewer, search) == len(expected)


async def test_lists_a_private_flow_to_all_its_members(records: Records) -> None:
    lists = {"editor_ids": "a", "viewer_ids": "b", "admin_ids": "c"}
    await records.flows.add(
        make_flow(is_public=False, **{name: (UserId(f"user:{letter}"),) for name, letter in lists.items()})
    )

    counts = [await records.flows.count(viewer_of(UserId(f"user:{letter}")), None) for letter in "abcd"]

    assert counts == [1, 1, 1, 0]


async def test_searches_without_regard_to_case_in_every_script(records: Records) -> None:
    await records.flows.add(make_flow("ÄRGER straße"))

    assert [await records.flows.count(ANONYMOUS, search) for search in ("ärger", "STRASSE", "arger")] == [1, 1, 0]


async def test_pages_forwards_and_backwards_by_name(records: Records) -> None:
    for name in "dbeac":
        await records.flows.add(make_flow(name))
    first = await records.flows.list(OWNER_VIEWER, None, PageRequest(2))
    await records.flows.delete("b")

    second = await records.flows.list(OWNER_VIEWER, None, PageRequest(2, after=first.cursors[-1]))
    back = await records.flows.list(OWNER_VIEWER, None, PageRequest(2, before=second.cursors[-1], backwards=True))

    pages = [([flow.name for flow in page.items], page.has_next, page.has_previous) for page in (first, second, back)]
    assert pages == [(["a", "b"], True, False), (["c", "d"], True, True), (["a", "c"], True, False)]
    with pytest.raises(InvalidInput):
        await records.flows.list(OWNER_VIEWER, None, PageRequest(after=Cursor(7, "a")))


Step = st.tuples(st.sampled_from(["add", "fail", "finish", "delete", "put", "take"]), st.integers(0, 3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(Step, max_size=16))
async def test_counts_and_covers_are_always_those_of_the_images(records: Records, steps: list[tuple[str, int]]) -> None:
    ids = [new_image_id() for _ in range(4)]
    name = f"flow {ids[0]}"
    await records.flows.add(make_flow(name))
    for action, index in steps:
        image = make_image(id=ids[index], state=ImageState.PROCESSING, created_at=after(index))
        changes = {
            "add": lambda image=image: records.images.add(image, (name,)),
            "fail": lambda image=image: fail_item_of(records, image.id),
            "finish": lambda image=image: records.images.finish(image.id, DERIVED),
            "delete": lambda image=image: records.images.delete((image.id,)),
            "put": lambda image=image: records.flows.add_images(name, (image.id,)),
            "take": lambda image=image: records.flows.remove_images(name, (image.id,)),
        }
        await changes[action]()

    flow = await get_flow(records, name)
    shown = await records.images.list(viewer_of(OWNER), ImageFilter(flow=name), ImageOrder(), PageRequest())

    assert flow.image_count == len(shown.items)
    assert flow.cover_id == (shown.items[0].id if shown.items else None)
