"""The tags of images, in every database alike."""

import asyncio

import pytest
from record_factories import ADMIN_VIEWER, OTHER, OWNER, make_image

from app.domain.errors import InvalidInput
from app.domain.image import MAX_TAGS, Image, ImageChanges, ImageFilter, ImageOrder, new_image_id
from app.domain.page import PageRequest
from app.domain.tag import Tag
from app.ports.records import Records


async def add(records: Records, *tags: str, **values: object) -> Image:
    return await records.images.add(make_image(tags=tags, **values), ())


async def list_tags(records: Records, prefix: str = "", owner: str = OWNER) -> list[tuple[str, int]]:
    page = await records.tags.list(owner, prefix, PageRequest(100))
    assert await records.tags.count(owner, prefix) == len(page.items)
    return [(tag.name, tag.image_count) for tag in page.items]


async def tagged(records: Records, tag: str) -> set[str]:
    page = await records.images.list(ADMIN_VIEWER, ImageFilter(tag=tag), ImageOrder(), PageRequest(100))
    return {image.id for image in page.items}


async def test_gives_and_takes_tags(records: Records) -> None:
    one, other, left = await add(records, "a", "b"), await add(records), await add(records, "a")

    changed = await records.tags.change([one.id, other.id, new_image_id()], added=("c", "b"), removed=("a", "none"))

    assert {image.id: image.tags for image in changed} == {one.id: ("b", "c"), other.id: ("c", "b")}
    assert [image.id for image in changed] == sorted((one.id, other.id))
    assert await tagged(records, "a") == {left.id}
    assert await tagged(records, "c") == {one.id, other.id}
    assert (await records.images.find(one.id)) in changed


async def test_gives_what_it_takes_at_once(records: Records) -> None:
    image = await add(records, "a", "b")

    [changed] = await records.tags.change([image.id], added=("a",), removed=("a",))

    assert changed.tags == ("b", "a")
    assert await tagged(records, "a") == {image.id}


async def test_changes_nothing_when_one_would_have_too_many(records: Records) -> None:
    full, other = await add(records, *map(str, range(MAX_TAGS))), await add(records)

    with pytest.raises(InvalidInput, match="There are 51 tags"):
        await records.tags.change([other.id, full.id], added=("x",))

    assert await tagged(records, "x") == set()
    assert await list_tags(records, "x") == []


async def test_loses_no_change_of_those_that_come_at_once(records: Records) -> None:
    image = await add(records)

    await asyncio.gather(*(records.tags.change([image.id], added=(f"t{number}",)) for number in range(10)))

    [kept] = (await records.images.find_many([image.id])).values()
    assert sorted(kept.tags) == [f"t{number}" for number in range(10)]


async def test_counts_the_tags_of_each_user(records: Records) -> None:
    first, second = await add(records, "sea", "ship"), await add(records, "sea")
    foreign = await add(records, "sea", owner_id=OTHER)
    await records.images.update(first.id, ImageChanges(tags=("ship", "quay")))
    await records.tags.change([second.id], added=("ship",))

    assert await list_tags(records) == [("quay", 1), ("sea", 1), ("ship", 2)]
    assert await list_tags(records, owner=OTHER) == [("sea", 1)]
    assert await records.tags.find(OWNER, "ship") == Tag("ship", 2)
    assert await records.tags.find(OWNER, "none") is None

    await records.images.delete([second.id, foreign.id])

    assert await list_tags(records) == [("quay", 1), ("ship", 1)]
    assert await list_tags(records, owner=OTHER) == []


@pytest.mark.parametrize(
    ("prefix", "found"), [("s", ["sea", "ship"]), ("se", ["sea"]), ("%", ["%x"]), ("z", []), ("é", ["éa"])]
)
async def test_lists_tags_that_begin_so(records: Records, prefix: str, found: list[str]) -> None:
    await add(records, "sea", "ship", "%x", "quay", "éa")

    assert [name for name, _ in await list_tags(records, prefix)] == found


async def test_pages_through_tags(records: Records) -> None:
    await add(records, "a", "b", "c")

    first = await records.tags.list(OWNER, "", PageRequest(2))
    rest = await records.tags.list(OWNER, "", PageRequest(2, after=first.cursors[-1]))
    last = await records.tags.list(OWNER, "", PageRequest(1, backwards=True))

    assert ([tag.name for tag in first.items], first.has_next, first.has_previous) == (["a", "b"], True, False)
    assert ([tag.name for tag in rest.items], rest.has_next, rest.has_previous) == (["c"], False, True)
    assert [tag.name for tag in last.items] == ["c"]


async def test_finds_who_has_a_tag(records: Records) -> None:
    ids = sorted([(await add(records, "sea")).id for _ in range(3)])
    await add(records, "sea", owner_id=OTHER)

    assert await records.tags.find_tagged(OWNER, "sea", 2) == tuple(ids[:2])
    assert await records.tags.find_tagged(OWNER, "none", 2) == ()
