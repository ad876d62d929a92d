"""Images that look alike, found by the bands of their hashes."""

from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence

from app.domain.image import Image, ImageFilter, ImageId, ImageOrder
from app.domain.page import Cursor, Page, PageRequest
from app.domain.similarity import MAX_CANDIDATES, SimilarImage, bands_of, distance_of, near_bands
from app.domain.viewer import Viewer
from app.records.cursors import check_cursors
from app.records.mongo.collections import Collections
from app.records.mongo.image_filters import image_listings
from app.records.mongo.image_rows import KEPT, ImageRow, place_bands


async def fetch_near_page(
    collections: Collections,
    viewer: Viewer,
    filters: ImageFilter,
    near: Sequence[SimilarImage],
    page: PageRequest,
    make: Callable[[Sequence[ImageRow]], Awaitable[Sequence[Image]]],
) -> Page[Image]:
    """Return a page of those of the near images that pass the filter, the nearest first: there are few enough to sort.

    Raises:
        InvalidInput: A cursor is of another list.
    """
    check_cursors(page, int)
    [listing] = await image_listings(collections, viewer, filters, ImageOrder(), near)
    passing = {row.id: row for row in await collections.images.find(listing.query)}
    keys = sorted((similar.distance, similar.image_id) for similar in near if similar.image_id in passing)
    low = 0 if page.after is None else bisect_right(keys, (page.after.value, page.after.id))
    high = len(keys) if page.before is None else bisect_left(keys, (page.before.value, page.before.id))
    low, high = (low, high - page.skip) if page.backwards else (low + page.skip, high)
    start, end = (max(low, high - page.size), high) if page.backwards else (low, min(high, low + page.size))
    window = keys[start : max(start, end)]
    return Page(
        items=tuple(await make([passing[image_id] for _, image_id in window])),
        cursors=tuple(Cursor(distance, image_id) for distance, image_id in window),
        has_next=end < len(keys),
        has_previous=start > 0,
    )


async def find_similar(
    collections: Collections, difference_hash: str, max_distance: int, limit: int
) -> tuple[SimilarImage, ...]:
    """Return the nearest images, nearest first, then by id."""
    near = place_bands(near_bands(band, max_distance) for band in bands_of(difference_hash))
    query = {"bands": {"$in": near}, "state": {"$in": list(KEPT)}}
    rows = await collections.images.project(query, {"derived.difference_hash": 1}, limit=MAX_CANDIDATES)
    similar = [
        SimilarImage(ImageId(row["_id"]), distance_of(difference_hash, row["derived"]["difference_hash"]))
        for row in rows
    ]
    similar = [each for each in similar if each.distance <= max_distance]
    return tuple(sorted(similar, key=lambda each: (each.distance, each.image_id))[:limit])
