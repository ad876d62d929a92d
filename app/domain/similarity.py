"""Pictures that look alike: near ones by their difference hashes, found without looking at all."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from app.domain.errors import InvalidInput
from app.domain.image import ImageId

HASH_BITS = 64
BANDS = 4
BAND_BITS = HASH_BITS // BANDS
BAND_DIGITS = BAND_BITS // 4

DEFAULT_DISTANCE = 6
MAX_DISTANCE = 11
"""Bits that may differ: beyond that pictures have little in common, and bands would differ in three bits."""

MAX_NEAR = 1_000
"""Images that look alike of which those that the viewer may see are shown."""

MAX_CANDIDATES = 20_000
"""Hashes that are looked at for one answer: plain pictures have the same few, however many there are."""


@dataclass(frozen=True, slots=True)
class SimilarImage:
    """An image, and in how many of 64 bits its difference hash is another."""

    image_id: ImageId
    distance: int


def distance_of(one: str, other: str) -> int:
    """Return the Hamming distance of two hashes of 16 hex digits."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def bands_of(difference_hash: str) -> tuple[str, ...]:
    """Return the four parts of a hash, four hex digits each, the most significant first."""
    return tuple(difference_hash[start : start + BAND_DIGITS] for start in range(0, BANDS * BAND_DIGITS, BAND_DIGITS))


def near_bands(band: str, max_distance: int) -> tuple[str, ...]:
    """Return the values that a band of a near hash may have, so that none is missed.

    Of two hashes that differ in `max_distance` bits, one of the four bands differs in at most a quarter of these
    (multi-index hashing: Norouzi, Punjani and Fleet, Fast Search in Hamming Space, CVPR 2012).
    """
    value = int(band, 16)
    return tuple(f"{value ^ mask:04x}" for mask in _masks(max_distance // BANDS))


def check_distance(max_distance: int) -> None:
    if not 0 <= max_distance <= MAX_DISTANCE:
        raise InvalidInput(f"`maxDistance` is {max_distance}; 0 to {MAX_DISTANCE} are allowed.", field=("maxDistance",))


@lru_cache
def _masks(bits: int) -> tuple[int, ...]:
    """Return every mask of 16 bits with at most so many set."""
    return tuple(
        sum(1 << place for place in places)
        for count in range(bits + 1)
        for places in combinations(range(BAND_BITS), count)
    )
