"""How many images of each user have a tag: counted when the debt of a change is paid."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import chain

from app.records.mongo.collections import Collections
from app.records.mongo.debts import take
from app.records.mongo.image_rows import DELETED, ImageDebt, ImageRow
from app.records.mongo.tables import Update
from app.records.mongo.tag_rows import TagRow, tag_id

AT_ONCE = 10
"""Tags that are counted side by side."""


async def count_tags(
    collections: Collections,
    owed: Sequence[tuple[ImageRow, ImageDebt, str]],
    find_owed: Callable[[], Awaitable[Collection[str]]],
) -> list[str]:
    """Count tags that images were given or lost; return the ids of the documents that did.

    Args:
        owed: Each image and what is owed for it, with its mark.
    """
    by_tag: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row, debt, mark in owed:
        # Its tags cannot change any more, and many may have been deleted by one write.
        lost = row.tags if row.state == DELETED and debt.counted else debt.lost
        for tag, by in chain(((tag, 1) for tag in debt.given), ((tag, -1) for tag in lost)):
            by_tag[(row.owner_id, tag)][mark] = by
    places = asyncio.Semaphore(AT_ONCE)

    async def count(owner_id: str, tag: str, changes: dict[str, int]) -> None:
        async with places:
            await _count(collections, owner_id, tag, changes, find_owed)

    await asyncio.gather(*(count(*place, changes) for place, changes in by_tag.items()))
    return [tag_id(*place) for place in by_tag]


async def _count(
    collections: Collections,
    owner_id: str,
    tag: str,
    changes: dict[str, int],
    find_owed: Callable[[], Awaitable[Collection[str]]],
) -> None:
    def plan(_: TagRow, marks: Sequence[str]) -> Update:
        return {"$inc": {"image_count": sum(changes[mark] for mark in marks)}}

    row_id = tag_id(owner_id, tag)
    if await collections.tag_counts.get(row_id) is None:
        await collections.tag_counts.insert(collections.tag_counts.model(id=row_id, owner_id=owner_id, tag=tag))
    await take(collections.tag_counts, row_id, list(changes), find_owed, plan)
