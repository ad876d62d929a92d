"""Images that look alike, found by the bands of their hashes."""

from app.domain.image import ImageId
from app.domain.similarity import (
    BAND_DIGITS,
    BANDS,
    MAX_CANDIDATES,
    SimilarImage,
    bands_of,
    distance_of,
    near_bands,
)
from app.records.sqlite.connection import Database
from app.records.sqlite.rows import to_json

_OF_BAND = """
SELECT image_id, hash FROM image_hashes WHERE substr(hash, {start}, {digits}) IN (SELECT value FROM json_each(?))
"""

_CANDIDATES = (
    "UNION".join(_OF_BAND.format(start=1 + BAND_DIGITS * band, digits=BAND_DIGITS) for band in range(BANDS))
    + f"LIMIT {MAX_CANDIDATES}"
)


async def find_similar(
    database: Database, difference_hash: str, max_distance: int, limit: int
) -> tuple[SimilarImage, ...]:
    """Return the nearest images, nearest first, then by id."""
    probes = tuple(to_json(near_bands(band, max_distance)) for band in bands_of(difference_hash))
    rows = await database.read(_CANDIDATES, probes)
    near = [SimilarImage(ImageId(row["image_id"]), distance_of(difference_hash, row["hash"])) for row in rows]
    near = [similar for similar in near if similar.distance <= max_distance]
    near.sort(key=lambda similar: (similar.distance, similar.image_id))
    return tuple(near[:limit])
