"""What the index of words is asked (https://sqlite.org/fts5.html, 3), and in which order it answers."""

from app.domain.image import ImageFilter

_FIELDS = ("title", "tags", "labels", "flows")

RANKS = (("title",), ("title", "tags"), _FIELDS)
"""The best matches first: all words in the title; in title and tags; anywhere. Within a rank the newest first."""

RANK_SPAN = 2**52
"""More than any row id, which is microseconds since 1970: what a rank is worth in a cursor."""

FOUND = (
    "image_search CROSS JOIN search_rows ON search_rows.id = image_search.rowid "
    "CROSS JOIN images ON images.id = search_rows.image_id"
)
"""Rows of the index and their images, to be led by `image_search MATCH ?`. CROSS JOIN keeps SQLite to this order."""

IS_FOUND = (
    "EXISTS (SELECT 1 FROM search_rows CROSS JOIN image_search ON image_search.rowid = search_rows.id "
    "WHERE search_rows.image_id = images.id AND image_search MATCH ?)"
)


def match_of(filters: ImageFilter, rank: int | None = None) -> str:
    """Return what finds images with all the words; of one rank, or all.

    Owner, tag and flow are asked for, too: they are tokens of the index.
    """
    best = len(RANKS) - 1 if rank is None else rank
    found = _within(RANKS[best], filters.words)
    if rank:
        found = f"({found} NOT {_within(RANKS[rank - 1], filters.words)})"
    exact = [f'"{kind}{value.encode().hex()}"' for kind, value in _exact_values(filters) if value is not None]
    return f"{found} AND exact : ({' AND '.join(exact)})" if exact else found


def _exact_values(filters: ImageFilter) -> tuple[tuple[str, str | None], ...]:
    return ("o", filters.owner_id), ("t", filters.tag), ("f", filters.flow)


def _within(fields: tuple[str, ...], words: tuple[str, ...]) -> str:
    """Words hold nothing but letters, digits and marks, so quotes around them are enough."""
    quoted = " AND ".join(f'"{word}"' for word in words)
    return f"{{{' '.join(fields)}}} : ({quoted})"
