"""What the index of words is asked (https://sqlite.org/fts5.html, 3), and in which order it answers."""

from app.domain.image import ImageFilter

RANKS = range(3)
"""The best matches first: all words in the title; in title and tags; anywhere. Within a rank the newest first.

In the index each word stands once, behind the digit of the best of these places that it has.
"""

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
    found = _within(RANKS[-1] if rank is None else rank, filters.words)
    if rank:
        found += f" AND ({' OR '.join(_token(rank, word) for word in filters.words)})"  # or it were of a better one
    exact = [f'"{kind}{value.encode().hex()}"' for kind, value in _exact_values(filters) if value is not None]
    return f"words : ({found})" + (f" AND exact : ({' AND '.join(exact)})" if exact else "")


def _exact_values(filters: ImageFilter) -> tuple[tuple[str, str | None], ...]:
    return ("o", filters.owner_id), ("t", filters.tag), ("f", filters.flow)


def _within(worst: int, words: tuple[str, ...]) -> str:
    """Return what finds images that have each word in a place of this rank or a better one."""
    return " AND ".join(f"({' OR '.join(_token(rank, word) for rank in RANKS[: worst + 1])})" for word in words)


def _token(rank: int, word: str) -> str:
    """Words hold nothing but letters, digits and marks, so quotes around them are enough."""
    return f'"{rank}{word}"'
