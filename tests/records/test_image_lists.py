"""Which images every database lists: filters, orders and who sees what."""

import pytest
from record_factories import (
    ADMIN_VIEWER,
    OTHER,
    OTHER_VIEWER,
    OWNER,
    OWNER_VIEWER,
    after,
    make_flow,
    make_image,
)

from app.domain.flow import FlowChanges
from app.domain.image import (
    Image,
    ImageFilter,
    ImageFormat,
    ImageId,
    ImageOrder,
    ImageOrderField,
    ImageState,
)
from app.domain.page import PageRequest
from app.domain.viewer import ANONYMOUS, Viewer
from app.ports.records import Records

ALL = PageRequest(size=100)


async def list_titles(
    records: Records, filters: ImageFilter, viewer: Viewer = OWNER_VIEWER, order: ImageOrder | None = None
) -> str:
    """Return the titles that are listed, in order, when the count agrees."""
    page = await records.images.list(viewer, filters, order or ImageOrder(), ALL)
    assert await records.images.count(viewer, filters) == len(page.items)
    return "".join(image.title for image in page.items)


async def add_all(records: Records, *images: Image, flows: tuple[str, ...] = ()) -> None:
    for image in images:
        await records.images.add(image, flows)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ImageFilter(), "dcba"),
        (ImageFilter(owner_id=OWNER), "dca"),
        (ImageFilter(tag="sea"), "cb"),
        (ImageFilter(tag="se"), ""),
        (ImageFilter(formats=(ImageFormat.PNG,)), "db"),
        (ImageFilter(formats=(ImageFormat.PNG, ImageFormat.JPEG)), "dcba"),
        (ImageFilter(formats=(ImageFormat.GIF,)), ""),
        (ImageFilter(states=(ImageState.FAILED,)), "f"),
        (ImageFilter(states=(ImageState.PROCESSING,)), "c"),
        (ImageFilter(states=(ImageState.FAILED, ImageState.READY)), "fdba"),
        (ImageFilter(states=()), "dcba"),
        (ImageFilter(created_after=after(1)), "dc"),
        (ImageFilter(created_before=after(1)), "a"),
        (ImageFilter(created_after=after(0), created_before=after(3)), "cb"),
        (ImageFilter(min_width=200), "dcb"),
        (ImageFilter(min_height=301), "d"),
        (ImageFilter(min_width=300, min_height=300), "dc"),
        (ImageFilter(sha256="bb" * 32), "db"),
        (ImageFilter(flow="quays"), "db"),
        (ImageFilter(flow="none"), ""),
        (ImageFilter(flow="quays", tag="sea"), "b"),
        (ImageFilter(flow="quays", sha256="bb" * 32), "db"),
        (ImageFilter(flow="quays", owner_id=OWNER), "d"),
        (ImageFilter(tag="sea", owner_id=OWNER), "c"),
        (ImageFilter(sha256="bb" * 32, tag="sea", owner_id=OTHER), "b"),
        (ImageFilter(flow="quays", created_after=after(1)), "d"),
        (ImageFilter(tag="sea", created_before=after(2)), "b"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("order", [ImageOrder(), ImageOrder(ImageOrderField.TITLE, descending=False)], ids=str)
async def test_lists_what_passes_every_given_part(
    records: Records, filters: ImageFilter, expected: str, order: ImageOrder
) -> None:
    await records.flows.add(make_flow("quays"))
    png, jpeg = ImageFormat.PNG, ImageFormat.JPEG
    await add_all(
        records,
        make_image(title="a", created_at=after(0), format=jpeg, width=100, height=300),
        make_image(
            title="c", created_at=after(2), width=300, height=300, tags=("x", "sea"), state=ImageState.PROCESSING
        ),
    )
    await add_all(
        records,
        make_image(
            title="b",
            created_at=after(1),
            format=png,
            width=200,
            tags=("sea",),
            sha256="bb" * 32,
            owner_id=OTHER,
            height=9,
        ),
        make_image(title="d", created_at=after(3), format=png, width=400, height=400, sha256="bb" * 32),
        make_image(title="f", created_at=after(4), format=ImageFormat.GIF, tags=("sea",), state=ImageState.FAILED),
        flows=("quays",),
    )

    by_time = order.field is ImageOrderField.CREATED_AT
    assert await list_titles(records, filters, order=order) == (expected if by_time else "".join(sorted(expected)))


@pytest.mark.parametrize(
    ("viewer", "expected"), [(ANONYMOUS, "pm"), (OWNER_VIEWER, "phm"), (OTHER_VIEWER, "pom"), (ADMIN_VIEWER, "phom")]
)
async def test_lists_what_is_public_or_own_or_everything_for_an_admin(
    records: Records, viewer: Viewer, expected: str
) -> None:
    await records.flows.add(make_flow("open"))
    await records.flows.add(make_flow("closed", is_public=False))
    await records.images.add(make_image(title="p", created_at=after(4)), ("open", "closed"))
    await records.images.add(make_image(title="h", created_at=after(3)), ("closed",))
    await records.images.add(make_image(title="o", created_at=after(2), owner_id=OTHER), ())
    await records.images.add(make_image(title="m", created_at=after(1), owner_id=OTHER), ("open",))

    assert await list_titles(records, ImageFilter(), viewer) == expected


async def test_hides_foreign_images_also_when_a_filter_asks_for_them(records: Records) -> None:
    await records.flows.add(make_flow("closed", is_public=False))
    await records.images.add(make_image(title="h", tags=("a",), sha256="aa" * 32), ("closed",))
    filters = [
        ImageFilter(owner_id=OWNER),
        ImageFilter(flow="closed"),
        ImageFilter(tag="a"),
        ImageFilter(sha256="aa" * 32),
    ]

    for viewer, expected in ((OTHER_VIEWER, ""), (ANONYMOUS, ""), (OWNER_VIEWER, "h"), (ADMIN_VIEWER, "h")):
        assert [await list_titles(records, part, viewer) for part in filters] == [expected] * 4


async def test_an_image_is_listed_as_its_flows_become_public_or_private(records: Records) -> None:
    await records.flows.add(make_flow("open", is_public=False))
    await records.images.add(make_image(title="x"), ("open",))
    assert await list_titles(records, ImageFilter(), ANONYMOUS) == ""

    await records.flows.update("open", FlowChanges(is_public=True))
    assert await list_titles(records, ImageFilter(), ANONYMOUS) == "x"

    await records.flows.delete("open")
    assert await list_titles(records, ImageFilter(), ANONYMOUS) == ""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (ImageOrderField.CREATED_AT, ["1", "2", "3", "4"]),
        (ImageOrderField.TITLE, ["3", "1", "2", "4"]),
        (ImageOrderField.BYTE_SIZE, ["4", "1", "3", "2"]),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "filters",
    [ImageFilter(), ImageFilter(flow="all-four"), ImageFilter(tag="t"), ImageFilter(owner_id=OWNER)],
    ids=repr,
)
async def test_orders_by_a_field_then_by_id(
    records: Records, field: ImageOrderField, expected: list[str], descending: bool, filters: ImageFilter
) -> None:
    await records.flows.add(make_flow("all-four"))
    rows = [("1", "B", 20, 0), ("2", "b", 30, 0), ("3", "A", 20, 1), ("4", "ä", 10, 2)]
    for last, title, size, seconds in rows:
        image = make_image(id=ImageId(last * 32), title=title, byte_size=size, created_at=after(seconds), tags=("t",))
        await records.images.add(image, ("all-four",))

    page = await records.images.list(OWNER_VIEWER, filters, ImageOrder(field, descending), ALL)

    ids = [image.id[0] for image in page.items]
    assert ids == (list(reversed(expected)) if descending else expected)


@pytest.mark.parametrize(("skip", "expected"), [(0, "dc"), (1, "cb"), (3, "a"), (4, ""), (2**40, "")])
async def test_passes_over_rows_for_clients_that_count_pages(records: Records, skip: int, expected: str) -> None:
    await add_all(records, *(make_image(title=title, created_at=after(place)) for place, title in enumerate("abcd")))

    page = await records.images.list(OWNER_VIEWER, ImageFilter(), ImageOrder(), PageRequest(size=2, skip=skip))

    assert "".join(image.title for image in page.items) == expected
