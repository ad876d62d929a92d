"""Keyset pages as every database cuts them."""

import secrets
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_factories import OWNER_VIEWER, after, make_image, viewer_of

from app.domain.errors import InvalidInput
from app.domain.image import Image, ImageFilter, ImageId, ImageOrder, ImageOrderField
from app.domain.page import Cursor, Page, PageRequest, decode_cursor
from app.domain.viewer import UserId
from app.ports.records import Records

COLUMNS = (ImageOrderField.CREATED_AT, ImageOrderField.TITLE, ImageOrderField.BYTE_SIZE)
OLDEST_FIRST = ImageOrder(descending=False)


async def add_row(records: Records, count: int) -> list[Image]:
    """Add images a second apart, the oldest first."""
    return [await records.images.add(make_image(created_at=after(index)), ()) for index in range(count)]


async def list_page(records: Records, page: PageRequest, order: ImageOrder = OLDEST_FIRST) -> Page[Image]:
    return await records.images.list(OWNER_VIEWER, ImageFilter(), order, page)


def outline(page: Page[Image], images: list[Image]) -> tuple[list[int], bool, bool]:
    """Return which images are on the page, by index, and whether there is a next and a previous one."""
    return [images.index(image) for image in page.items], page.has_next, page.has_previous


@pytest.mark.parametrize(
    ("size", "start", "end", "backwards", "expected"),
    [
        (2, None, None, False, ([0, 1], True, False)),
        (5, None, None, False, ([0, 1, 2, 3, 4], False, False)),
        (2, 1, None, False, ([2, 3], True, True)),
        (2, 2, None, False, ([3, 4], False, True)),
        (2, 4, None, False, ([], False, True)),
        (2, None, 2, False, ([0, 1], True, False)),
        (1, None, 2, False, ([0], True, False)),
        (2, 0, 4, False, ([1, 2], True, True)),
        (3, 0, 4, False, ([1, 2, 3], True, True)),
        (2, 3, 1, False, ([], True, True)),
        (2, None, None, True, ([3, 4], False, True)),
        (5, None, None, True, ([0, 1, 2, 3, 4], False, False)),
        (2, None, 3, True, ([1, 2], True, True)),
        (2, None, 2, True, ([0, 1], True, False)),
        (2, None, 0, True, ([], True, False)),
        (2, 2, None, True, ([3, 4], False, True)),
        (1, 2, None, True, ([4], False, True)),
        (2, 0, 4, True, ([2, 3], True, True)),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
async def test_cuts_the_window_that_is_asked_for(
    records: Records,
    *,
    size: int,
    start: int | None,
    end: int | None,
    backwards: bool,
    expected: tuple[list[int], bool, bool],
    descending: bool,
) -> None:
    images = await add_row(records, 5)
    order = ImageOrder(descending=descending)
    if descending:
        images.reverse()
    cursors = (await list_page(records, PageRequest(5), order)).cursors
    bounds = [None if index is None else cursors[index] for index in (start, end)]

    page = await list_page(records, PageRequest(size, bounds[0], bounds[1], backwards), order)

    assert outline(page, images) == expected
    assert page.cursors == tuple(cursors[index] for index in expected[0])


async def test_an_empty_list_has_no_other_pages(records: Records) -> None:
    assert await list_page(records, PageRequest()) == Page((), (), has_next=False, has_previous=False)


@pytest.mark.parametrize("field", COLUMNS)
async def test_a_cursor_holds_after_a_round_trip_through_text(records: Records, field: ImageOrderField) -> None:
    for title, size in (("ü", 3), ("ü", 2), ("z", 2**60), ("", 1)):
        await records.images.add(make_image(title=title, byte_size=size), ())
    order = ImageOrder(field)
    whole = await list_page(records, PageRequest(), order)

    cursor = decode_cursor(whole.cursors[1].encode(), field="after")

    assert (await list_page(records, PageRequest(after=cursor), order)).items == whole.items[2:]


async def test_a_cursor_holds_after_its_row_was_deleted(records: Records) -> None:
    images = await add_row(records, 4)
    cursor = (await list_page(records, PageRequest(2))).cursors[1]

    await records.images.delete((images[1].id,))

    page = await list_page(records, PageRequest(1, after=cursor))
    assert outline(page, images) == ([2], True, True)


async def test_says_that_nothing_is_before_when_it_was_all_deleted(records: Records) -> None:
    images = await add_row(records, 3)
    cursor = (await list_page(records, PageRequest(2))).cursors[1]

    await records.images.delete((images[0].id, images[1].id))

    page = await list_page(records, PageRequest(2, after=cursor))
    assert outline(page, images) == ([2], False, False)


@pytest.mark.parametrize("value", ["text", 2**63, -(2**70)])
@pytest.mark.parametrize("name", ["after", "before"])
async def test_refuses_a_cursor_of_another_list(records: Records, value: str | int, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await list_page(records, replace(PageRequest(), **{name: Cursor(value, "0" * 32)}))

    assert refusal.value.field == (name,)


@pytest.mark.parametrize(
    "cursor", [Cursor(7, "a"), Cursor("\ud800", "a"), Cursor("a", "\udfff")], ids=["int", "value", "id"]
)
async def test_refuses_a_cursor_that_is_no_text_where_titles_are_listed(records: Records, cursor: Cursor) -> None:
    with pytest.raises(InvalidInput):
        await list_page(records, PageRequest(after=cursor), ImageOrder(ImageOrderField.TITLE))


Row = st.tuples(st.integers(0, 5), st.sampled_from(["", "a", "B", "é"]), st.integers(0, 3))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(Row, max_size=14),
    more=st.lists(st.tuples(st.integers(0, 4), Row), max_size=6),
    gone=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 13)), max_size=6),
    size=st.integers(1, 5),
    order=st.builds(ImageOrder, st.sampled_from(COLUMNS), st.booleans()),
    backwards=st.booleans(),
)
async def test_a_walk_meets_each_row_that_stays_once_and_in_order(
    records: Records,
    *,
    rows: list[tuple[int, str, int]],
    more: list[tuple[int, tuple[int, str, int]]],
    gone: list[tuple[int, int]],
    size: int,
    order: ImageOrder,
    backwards: bool,
) -> None:
    """Rows are added and removed between the pages; `more` and `gone` say after which page."""
    owner = UserId(f"user:{secrets.token_hex(8)}")
    stable = [await add_to(records, owner, row) for row in rows]
    added, removed = [], set()
    seen: list[Image] = []
    bound: Cursor | None = None
    for turn in range(40):
        request = PageRequest(size, None if backwards else bound, bound if backwards else None, backwards)
        page = await records.images.list(viewer_of(owner), ImageFilter(owner_id=owner), order, request)
        seen = [*page.items, *seen] if backwards else [*seen, *page.items]
        if not (page.has_previous if backwards else page.has_next):
            break
        bound = page.cursors[0 if backwards else -1]
        added += [await add_to(records, owner, row) for when, row in more if when == turn]
        removed |= {stable[index].id for when, index in gone if when == turn and index < len(stable)}
        await records.images.delete(sorted(removed))
    else:
        pytest.fail("the walk did not end")

    keys = [sort_key(image, order) for image in seen]
    assert keys == sorted(keys, reverse=order.descending)
    assert len({image.id for image in seen}) == len(seen)
    met = {image.id for image in seen}
    assert {image.id for image in stable} - removed <= met
    assert met <= {image.id for image in (*stable, *added)}


async def add_to(records: Records, owner: UserId, row: tuple[int, str, int]) -> Image:
    seconds, title, size = row
    return await records.images.add(
        make_image(owner_id=owner, created_at=after(seconds), title=title, byte_size=size), ()
    )


def sort_key(image: Image, order: ImageOrder) -> tuple[object, ImageId]:
    return getattr(image, order.field.lower()), image.id
