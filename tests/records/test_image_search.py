"""How images are found by words, in every database alike."""

from dataclasses import replace

import pytest
from record_factories import (
    DERIVED,
    OTHER,
    OTHER_VIEWER,
    OWNER_VIEWER,
    after,
    make_classification,
    make_flow,
    make_image,
)

from app.domain.image import (
    Image,
    ImageChanges,
    ImageFilter,
    ImageId,
    ImageOrder,
    ImageOrderField,
    ImageState,
    new_image_id,
)
from app.domain.page import Page, PageRequest
from app.domain.search import words_of
from app.domain.viewer import ANONYMOUS, Viewer
from app.ports.records import Records

ALL = PageRequest(size=100)
TITLE = ImageOrder(ImageOrderField.TITLE, descending=False)


async def search(
    records: Records, text: str, viewer: Viewer = OWNER_VIEWER, order: ImageOrder | None = None, **filters: object
) -> list[ImageId]:
    """Return what is found, in order, when the count agrees."""
    wanted = ImageFilter(words=words_of(text), **filters)
    page = await records.images.list(viewer, wanted, order or wanted.natural_order, ALL)
    assert await records.images.count(viewer, wanted) == len(page.items)
    return [image.id for image in page.items]


async def add(records: Records, title: str, *flows: str, **values: object) -> Image:
    for flow in flows:
        if await records.flows.find(flow) is None:
            await records.flows.add(make_flow(flow))
    return await records.images.add(make_image(title=title, **values), flows)


@pytest.mark.parametrize("text", ["harbour", "HARBOUR", "Müller", "muller harbour", "steel", "sea ships", "night text"])
async def test_finds_words_wherever_they_are(records: Records, text: str) -> None:
    image = await add(records, "Müller's Harbour", "night shots", tags=("steel", "ships of the sea"))
    await add(records, "else")
    await records.labels.put(make_classification(image.id, "text-heavy"))

    assert await search(records, text) == [image.id]


@pytest.mark.parametrize("text", ["harb", "harbours", "harbour else", "of harbour it"])
async def test_finds_whole_words_and_all_of_them(records: Records, text: str) -> None:
    await add(records, "Harbour")
    await add(records, "else of it")

    assert await search(records, text) == []


async def test_finds_everything_for_no_words(records: Records) -> None:
    image = await add(records, "Harbour")

    assert await search(records, " -!") == [image.id]


@pytest.mark.parametrize("text", ['" OR title : "', "title", "sea*", "NEAR(sea)", "^sea", "AND", "sea AND else"])
async def test_knows_no_operators(records: Records, text: str) -> None:
    await add(records, "or what")
    await add(records, "else")

    assert await search(records, text) == []


async def test_lists_the_best_first_and_then_the_newest(records: Records) -> None:
    in_flow = await add(records, "1", "red kites", created_at=after(9))
    in_both = await add(records, "red", tags=("kites",), created_at=after(1))
    newer_in_tags = await add(records, "2", tags=("red", "kites"), created_at=after(2))
    in_title = await add(records, "kites, red", created_at=after(0))
    newer_in_title = await add(records, "Red Kites", created_at=after(3))

    found = [newer_in_title, in_title, newer_in_tags, in_both, in_flow]
    assert await search(records, "red kites") == [image.id for image in found]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ImageOrder(), "cba"),
        (ImageOrder(descending=False), "abc"),
        (TITLE, "cab"),
        (ImageOrder(ImageOrderField.BYTE_SIZE), "bca"),
    ],
    ids=str,
)
async def test_lists_in_the_order_that_is_asked_for(records: Records, order: ImageOrder, expected: str) -> None:
    titles = {"a": "kite m", "b": "kite z", "c": "kite a"}
    sizes = {"a": 1, "b": 3, "c": 2}
    ids = {
        (await add(records, title, byte_size=sizes[name], created_at=after(place))).id: name
        for place, (name, title) in enumerate(titles.items())
    }
    await add(records, "else")

    assert "".join(ids[found] for found in await search(records, "kite", order=order)) == expected


async def test_all_other_filters_hold_too(records: Records) -> None:
    wanted = await add(records, "kite", "a", tags=("t",), created_at=after(5))
    await add(records, "kite", "a", created_at=after(5))
    await add(records, "kite", "b", tags=("t",), created_at=after(5))
    await add(records, "kite", "a", tags=("t",), created_at=after(1))
    await add(records, "kite", "a", tags=("t",), created_at=after(5), owner_id=OTHER)
    await add(records, "kite", "a", tags=("t",), created_at=after(5), state=ImageState.FAILED)
    await records.labels.put(make_classification(wanted.id, "photo", score=0.9))
    parts = {"flow": "a", "tag": "t", "owner_id": wanted.owner_id, "created_after": after(2)}

    assert await search(records, "kite", **parts) == [wanted.id]
    assert await search(records, "kite", sha256=wanted.sha256) == [wanted.id]
    assert await search(records, "kite", label="photo", min_label_score=0.9) == [wanted.id]
    assert await search(records, "kite", label="photo", min_label_score=0.95) == []
    assert await search(records, "else", sha256=wanted.sha256) == []


async def test_finds_nothing_that_the_viewer_may_not_see(records: Records) -> None:
    await records.flows.add(make_flow("hidden", is_public=False))
    hidden = await records.images.add(make_image(title="kite"), ("hidden",))

    assert await search(records, "kite") == [hidden.id]
    assert await search(records, "kite", OTHER_VIEWER) == []
    assert await search(records, "kite", ANONYMOUS) == []


async def test_follows_every_change(records: Records) -> None:
    image = await add(records, "kite", "lake", tags=("sea",))
    await records.labels.put(make_classification(image.id, "photo"))
    await records.flows.add(make_flow("alps"))

    await records.images.update(image.id, ImageChanges(title="boat", tags=("river",)))
    await records.labels.put(make_classification(image.id, "drawing"))
    await records.flows.add_images("alps", [image.id])
    await records.flows.remove_images("lake", [image.id])

    assert await search(records, "boat river drawing alps") == [image.id]
    for gone in ("kite", "sea", "photo", "lake"):
        assert await search(records, gone) == []


async def test_forgets_what_is_deleted(records: Records) -> None:
    image = await add(records, "kite", "lake", tags=("sea",))
    await records.labels.put(make_classification(image.id, "photo"))

    await records.images.delete([image.id])

    for gone in ("kite", "sea", "photo", "lake"):
        assert await search(records, gone) == []


async def walk(records: Records, wanted: ImageFilter, *, backwards: bool) -> list[ImageId]:
    """Return all that is listed, read in pages of two from one end to the other."""
    found: list[ImageId] = []
    page: Page[Image] = await records.images.list(
        OWNER_VIEWER, wanted, wanted.natural_order, PageRequest(2, backwards=backwards)
    )
    while True:
        ids = [image.id for image in page.items]
        found = ids + found if backwards else found + ids
        if not (page.has_previous if backwards else page.has_next):
            return found
        request = PageRequest(2, before=page.cursors[0], backwards=True)
        request = request if backwards else PageRequest(2, after=page.cursors[-1])
        page = await records.images.list(OWNER_VIEWER, wanted, wanted.natural_order, request)
        assert page.has_next if backwards else page.has_previous


@pytest.mark.parametrize("backwards", [False, True])
async def test_pages_through_all_ranks_once(records: Records, *, backwards: bool) -> None:
    for place in range(3):
        await add(records, "1", "red kites", created_at=after(place))
        await add(records, "2", tags=("red kites",), created_at=after(place))
        await add(records, "red kites", created_at=after(place))

    wanted = ImageFilter(words=("red", "kites"))

    assert await walk(records, wanted, backwards=backwards) == await search(records, "red kites")


async def test_images_of_one_moment_are_listed_once_each(records: Records) -> None:
    ids = {(await add(records, "kite", created_at=after(0))).id for _ in range(7)}

    found = await walk(records, ImageFilter(words=("kite",)), backwards=False)

    assert len(found) == 7
    assert set(found) == ids


async def test_lists_what_looks_alike_the_nearest_first(records: Records) -> None:
    near = {"00ff00ff00ff00ff": "same", "00ff00ff00ff00fc": "two bits", "00ff00ff00ffff00": "far"}
    ids = {}
    for hashed, title in near.items():
        image = await add(records, title, tags=("t",) if title != "same" else ())
        await records.images.finish(image.id, replace(DERIVED, difference_hash=hashed))
        ids[title] = image.id
    asked = await add(records, "asked")
    await records.images.finish(asked.id, DERIVED)

    alike = {"similar_to": asked.id}
    assert await search(records, "", **alike) == [ids["same"], ids["two bits"]]
    assert await search(records, "", order=TITLE, **alike) == [ids["same"], ids["two bits"]]
    assert await search(records, "", tag="t", **alike) == [ids["two bits"]]
    assert await search(records, "bits", **alike) == [ids["two bits"]]
    assert await search(records, "", similar_to=new_image_id()) == []
    assert await walk(records, ImageFilter(**alike), backwards=False) == [ids["same"], ids["two bits"]]
