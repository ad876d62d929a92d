"""A filter and an order of images as SQL, led by the index that leaves the fewest rows to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from app.domain.image import ImageFilter, ImageOrder, ImageOrderField
from app.domain.similarity import SimilarImage
from app.domain.viewer import Viewer
from app.records.sqlite.image_rows import IS_PUBLIC, IS_SHOWN
from app.records.sqlite.image_search import FOUND, IS_FOUND, RANK_SPAN, RANKS, match_of
from app.records.sqlite.pages import Conditions, Listing
from app.records.sqlite.rows import to_micros


@dataclass(frozen=True, slots=True)
class _Leader:
    """What a query begins with, and the table whose `created_at` and id of the image are in its index.

    CROSS JOIN makes SQLite begin with the table on the left.
    """

    source: str
    table: str = "images"
    image_id: str = "images.id"


_IMAGES = _Leader("images")
_OF_FLOW = _Leader("flow_images AS place CROSS JOIN images ON images.id = place.image_id", "place", "place.image_id")
_OF_TAG = _Leader("image_tags AS tagged CROSS JOIN images ON images.id = tagged.image_id", "tagged", "tagged.image_id")
_OF_LABEL = _Leader(
    "labelled_images AS labelled CROSS JOIN images ON images.id = labelled.image_id", "labelled", "labelled.image_id"
)
_OF_WORDS = _Leader(FOUND)
_OF_NEAR = _Leader("json_each(?) AS near CROSS JOIN images ON images.id = near.key")

_DISTANCE = "near.value"
_ROW = "image_search.rowid"
_ROW_OF_IMAGE = "(SELECT search_rows.id FROM search_rows WHERE search_rows.image_id = images.id)"
_UNIQUE = (_ROW, _ROW_OF_IMAGE)


def image_listings(
    viewer: Viewer,
    filters: ImageFilter,
    order: ImageOrder,
    near: Sequence[SimilarImage] | None = None,
    *,
    sorts_members: bool = True,
) -> tuple[Listing, ...]:
    """Return what the viewer may see of the images that pass the filter: lists that follow one another.

    Args:
        near: What `filters.similar_to` comes to.
        sorts_members: In an order other than by time, read all images of the flow, tag, label or words and sort them;
            else go through all images in that order and pass over those of others.
    """
    order = order if order.field is not ImageOrderField.RELEVANCE or filters.has_measure else ImageOrder()
    leader = _leader_of(filters, near, members_lead=sorts_members)
    is_ranked = order.field is ImageOrderField.RELEVANCE and near is None
    ranks: Sequence[int | None] = RANKS if is_ranked else (None,)
    value, value_type = _value_of(order, leader)
    return tuple(
        Listing(
            source=leader.source,
            parameters=() if near is None else (_distances(near),),
            where=_conditions(viewer, filters, order, leader, rank),
            value=value,
            row_id=leader.image_id,
            value_type=value_type,
            descending=is_ranked or (order.descending and value != _DISTANCE),
            is_unique=value in _UNIQUE,
            base=0 if rank is None else (RANKS[-1] - rank) * RANK_SPAN,
        )
        for rank in ranks
    )


def _distances(near: Sequence[SimilarImage]) -> str:
    return orjson.dumps({similar.image_id: similar.distance for similar in near}).decode()


def _leader_of(filters: ImageFilter, near: Sequence[SimilarImage] | None, *, members_lead: bool) -> _Leader:
    if near is not None:
        return _OF_NEAR
    if _has_leading_column(filters) or not members_lead:
        return _IMAGES
    led = (
        (filters.words, _OF_WORDS),
        (filters.flow is not None, _OF_FLOW),
        (filters.tag is not None, _OF_TAG),
        (filters.label is not None, _OF_LABEL),
    )
    return next((leader for given, leader in led if given), _IMAGES)


def _value_of(order: ImageOrder, leader: _Leader) -> tuple[str, type[int] | type[str]]:
    if order.field is ImageOrderField.RELEVANCE:
        return (_DISTANCE if leader is _OF_NEAR else _ROW if leader is _OF_WORDS else _ROW_OF_IMAGE), int
    if order.field is ImageOrderField.CREATED_AT:
        return _ROW if leader is _OF_WORDS else f"{leader.table}.created_at", int
    return f"images.{order.field.lower()}", str if order.field is ImageOrderField.TITLE else int


def _conditions(
    viewer: Viewer, filters: ImageFilter, order: ImageOrder, leader: _Leader, rank: int | None
) -> Conditions:
    where = Conditions()
    by_time = order.field is ImageOrderField.CREATED_AT
    _add_columns(where, filters)
    _add_membership(where, filters, leader, rank)
    _add_owner(where, filters, leader)
    _add_states(where, filters, leads=by_time and leader is _IMAGES and not _has_owner_or_column(filters))
    _add_ranges(where, filters, leader)
    _add_visible(where, viewer, filters)
    return where


def _add_owner(where: Conditions, filters: ImageFilter, leader: _Leader) -> None:
    """A unary plus keeps SQLite from choosing that column's index (https://sqlite.org/optoverview.html, 4)."""
    if filters.owner_id is not None:
        leads = leader is _IMAGES and not _has_leading_column(filters)
        where.add("images.owner_id = ?" if leads else "+images.owner_id = ?", filters.owner_id)


def _has_leading_column(filters: ImageFilter) -> bool:
    """Tell whether there is a column with few rows of one value."""
    return filters.sha256 is not None or bool(filters.origin_urls)


def _has_owner_or_column(filters: ImageFilter) -> bool:
    return filters.owner_id is not None or _has_leading_column(filters)


def _add_columns(where: Conditions, filters: ImageFilter) -> None:
    if filters.sha256 is not None:
        where.add("images.sha256 = ?", filters.sha256)
    if filters.origin_urls:
        places = ", ".join("?" * len(filters.origin_urls))
        where.add(f"{'+' if filters.sha256 else ''}images.origin_url IN ({places})", *filters.origin_urls)


def _add_membership(where: Conditions, filters: ImageFilter, leader: _Leader, rank: int | None) -> None:
    if filters.words:
        where.add("image_search MATCH ?" if leader is _OF_WORDS else IS_FOUND, match_of(filters, rank))
    if filters.flow is not None:
        in_flow = "EXISTS (SELECT 1 FROM flow_images WHERE image_id = images.id AND flow = ?)"
        where.add("place.flow = ?" if leader is _OF_FLOW else in_flow, filters.flow)
    if filters.tag is not None:
        has_tag = "EXISTS (SELECT 1 FROM image_tags WHERE image_id = images.id AND tag = ?)"
        where.add("tagged.tag = ?" if leader is _OF_TAG else has_tag, filters.tag)
    if filters.label is not None:
        has_label = "EXISTS (SELECT 1 FROM labelled_images WHERE image_id = images.id AND name = ? AND score >= ?)"
        leads = leader is _OF_LABEL
        clause = "labelled.name = ? AND labelled.score >= ?" if leads else has_label
        where.add(clause, filters.label, filters.min_label_score)


def _add_states(where: Conditions, filters: ImageFilter, *, leads: bool) -> None:
    states = filters.states or ImageFilter().states
    if leads and len(states) == 1:
        where.add("images.state = ?", states[0])
    else:
        where.add_any("+images.state", states)


def _add_ranges(where: Conditions, filters: ImageFilter, leader: _Leader) -> None:
    created_at = f"{leader.table}.created_at"
    if filters.formats:
        where.add_any("images.format", filters.formats)
    if filters.created_after is not None:
        where.add(f"{created_at} > ?", to_micros(filters.created_after))
        if leader is _OF_WORDS:
            where.add("image_search.rowid > ?", to_micros(filters.created_after))
    if filters.created_before is not None:
        where.add(f"{created_at} < ?", to_micros(filters.created_before))
    if filters.min_width is not None:
        where.add("images.width >= ?", filters.min_width)
    if filters.min_height is not None:
        where.add("images.height >= ?", filters.min_height)


def _add_visible(where: Conditions, viewer: Viewer, filters: ImageFilter) -> None:
    if viewer.is_admin or (viewer.user is not None and viewer.user.id == filters.owner_id):
        return
    if viewer.user is None:
        where.add(IS_PUBLIC)
    else:
        user_id = viewer.user.id
        where.add(f"(images.owner_id = ? OR {IS_SHOWN})", user_id, user_id, user_id)
