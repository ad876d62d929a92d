"""A filter and an order of images as a query."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.domain.image import ImageFilter, ImageOrder, ImageOrderField
from app.domain.similarity import SimilarImage
from app.domain.viewer import Viewer
from app.records.micros import to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.flow_visibility import visible_flows
from app.records.mongo.pages import Listing

Part = dict[str, Any]

RANK_SPAN = 2**52
"""More than any time, in microseconds since 1970: what a rank is worth in a cursor."""

_NOTHING: Part = {"_id": {"$in": []}}


async def image_listings(
    collections: Collections,
    viewer: Viewer,
    filters: ImageFilter,
    order: ImageOrder,
    near: Sequence[SimilarImage] | None = None,
) -> tuple[Listing, ...]:
    """Return what the viewer may see of the images that pass the filter: lists that follow one another.

    Args:
        near: What `filters.similar_to` comes to; the order is none by relevance then.
    """
    parts = [_states(filters), *_columns(filters), *_ranges(filters), *await _flows(collections, viewer, filters)]
    parts += [await _found_by(collections, word) for word in filters.words]
    if near is not None:
        parts.append({"_id": {"$in": [similar.image_id for similar in near]}})
    if order.field is not ImageOrderField.RELEVANCE:
        return (_listing(parts, order),)
    if not filters.words:
        return (_listing(parts, ImageOrder()),)
    ranks = _ranks(filters.words)
    return tuple(
        replace(_listing([*parts, *rank], ImageOrder()), base=(len(ranks) - 1 - place) * RANK_SPAN)
        for place, rank in enumerate(ranks)
    )


def _listing(parts: Sequence[Part], order: ImageOrder) -> Listing:
    return Listing(
        query={"$and": list(parts)},
        value=order.field.lower(),
        value_type=str if order.field is ImageOrderField.TITLE else int,
        descending=order.descending,
    )


async def _found_by(collections: Collections, word: str) -> Part:
    """Return who has a word: in title, tags or labels, or in the name of a flow."""
    flow_ids = await collections.flows.ids({"words": word, "is_deleted": False})
    return {"$or": [{"words": word}, {"flows": {"$in": flow_ids}}]} if flow_ids else {"words": word}


def _ranks(words: Sequence[str]) -> tuple[tuple[Part, ...], ...]:
    """Return the ranks, the best first: all words in the title; in title and tags; anywhere."""
    in_title, in_name = ({field: {"$all": list(words)}} for field in ("title_words", "named_words"))
    return (in_title,), (in_name, {"$nor": [in_title]}), ({"$nor": [in_name]},)


async def _flows(collections: Collections, viewer: Viewer, filters: ImageFilter) -> list[Part]:
    """Return who holds the images: the flow that is asked for, and one that shows them to the viewer.

    The flows that do are looked up first, as they are now. That the viewer sees the flow that is asked for is enough.
    """
    sees_all = viewer.is_admin or (viewer.user is not None and viewer.user.id == filters.owner_id)
    if filters.flow is None:
        return [] if sees_all else [await _shown(collections, viewer)]
    flow = await collections.flows.find_one({"name": filters.flow, "is_deleted": False})
    if flow is None:
        return [_NOTHING]
    if sees_all or await collections.flows.exists({"_id": flow.id, **visible_flows(viewer)}):
        return [{"flows": flow.id}]
    return [{"flows": flow.id}, await _shown(collections, viewer)]


async def _shown(collections: Collections, viewer: Viewer) -> Part:
    shown: Part = {"flows": {"$in": await collections.flows.ids(visible_flows(viewer))}}
    return shown if viewer.user is None else {"$or": [{"owner_id": viewer.user.id}, shown]}


def _states(filters: ImageFilter) -> Part:
    return {"state": {"$in": [state.value for state in filters.states or ImageFilter().states]}}


def _columns(filters: ImageFilter) -> list[Part]:
    parts: list[Part] = []
    if filters.owner_id is not None:
        parts.append({"owner_id": filters.owner_id})
    if filters.sha256 is not None:
        parts.append({"sha256": filters.sha256})
    if filters.origin_urls:
        parts.append({"origin.url": {"$in": list(filters.origin_urls)}})
    if filters.tag is not None:
        parts.append({"tags": filters.tag})
    if filters.label is not None:
        sure = {"name": filters.label, "score": {"$gte": filters.min_label_score}}
        parts.append({"labels": {"$elemMatch": sure}})
    return parts


def _ranges(filters: ImageFilter) -> list[Part]:
    parts: list[Part] = []
    if filters.formats:
        parts.append({"format": {"$in": [image_format.value for image_format in filters.formats]}})
    if filters.created_after is not None:
        parts.append({"created_at": {"$gt": to_micros(filters.created_after)}})
    if filters.created_before is not None:
        parts.append({"created_at": {"$lt": to_micros(filters.created_before)}})
    if filters.min_width is not None:
        parts.append({"width": {"$gte": filters.min_width}})
    if filters.min_height is not None:
        parts.append({"height": {"$gte": filters.min_height}})
    return parts
