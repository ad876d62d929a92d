"""A filter and an order of images as SQL, led by the index that leaves the fewest rows to look at."""

from app.domain.image import ImageFilter, ImageOrder, ImageOrderField
from app.domain.viewer import Viewer
from app.records.sqlite.image_rows import IS_PUBLIC, IS_SHOWN
from app.records.sqlite.pages import Conditions, Listing
from app.records.sqlite.rows import to_micros

_IMAGES = "images"
# CROSS JOIN makes SQLite begin with the table on the left.
_OF_FLOW = "flow_images AS place CROSS JOIN images ON images.id = place.image_id"
_OF_TAG = "image_tags AS tagged CROSS JOIN images ON images.id = tagged.image_id"
_OF_LABEL = "labelled_images AS labelled CROSS JOIN images ON images.id = labelled.image_id"


def image_listing(viewer: Viewer, filters: ImageFilter, order: ImageOrder, *, sorts_members: bool = True) -> Listing:
    """Return what the viewer may see of the images that pass the filter.

    Args:
        sorts_members: In an order other than by time, read all images of the flow, tag or label and sort them;
            else go through all images in that order and pass over those of others.
    """
    where = Conditions()
    source, leader = _add_leader(where, filters, members_lead=sorts_members)
    by_time = order.field is ImageOrderField.CREATED_AT
    created_at = f"{leader}.created_at"
    _add_states(where, filters, leads=by_time and source == _IMAGES and not _has_owner_or_column(filters))
    _add_ranges(where, filters, created_at)
    _add_visible(where, viewer, filters)
    return Listing(
        source=source,
        where=where,
        value=created_at if by_time else f"images.{order.field.lower()}",
        row_id="images.id" if source == _IMAGES or not by_time else f"{leader}.image_id",
        value_type=str if order.field is ImageOrderField.TITLE else int,
        descending=order.descending,
    )


def _add_leader(where: Conditions, filters: ImageFilter, *, members_lead: bool) -> tuple[str, str]:
    """Add all but states and ranges; return what to read, and the table whose `created_at` is in its index.

    A unary plus keeps SQLite from choosing that column's index (https://sqlite.org/optoverview.html, 4).
    """
    source = _IMAGES
    if _has_leading_column(filters):
        _add_columns(where, filters)
    elif members_lead and filters.flow is not None:
        source = _OF_FLOW
    elif members_lead and filters.tag is not None:
        source = _OF_TAG
    elif members_lead and filters.label is not None:
        source = _OF_LABEL
    _add_membership(where, filters, source)
    if filters.owner_id is not None:
        leads = source == _IMAGES and not _has_leading_column(filters)
        where.add("images.owner_id = ?" if leads else "+images.owner_id = ?", filters.owner_id)
    return source, {_IMAGES: "images", _OF_FLOW: "place", _OF_TAG: "tagged", _OF_LABEL: "labelled"}[source]


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


def _add_membership(where: Conditions, filters: ImageFilter, source: str) -> None:
    if filters.flow is not None:
        in_flow = "EXISTS (SELECT 1 FROM flow_images WHERE image_id = images.id AND flow = ?)"
        where.add("place.flow = ?" if source == _OF_FLOW else in_flow, filters.flow)
    if filters.tag is not None:
        has_tag = "EXISTS (SELECT 1 FROM image_tags WHERE image_id = images.id AND tag = ?)"
        where.add("tagged.tag = ?" if source == _OF_TAG else has_tag, filters.tag)
    if filters.label is not None:
        has_label = "EXISTS (SELECT 1 FROM labelled_images WHERE image_id = images.id AND name = ? AND score >= ?)"
        leads = source == _OF_LABEL
        clause = "labelled.name = ? AND labelled.score >= ?" if leads else has_label
        where.add(clause, filters.label, filters.min_label_score)


def _add_states(where: Conditions, filters: ImageFilter, *, leads: bool) -> None:
    states = filters.states or ImageFilter().states
    if leads and len(states) == 1:
        where.add("images.state = ?", states[0])
    else:
        where.add_any("+images.state", states)


def _add_ranges(where: Conditions, filters: ImageFilter, created_at: str) -> None:
    if filters.formats:
        where.add_any("images.format", filters.formats)
    if filters.created_after is not None:
        where.add(f"{created_at} > ?", to_micros(filters.created_after))
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
