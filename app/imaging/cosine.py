"""Sums of cosines over a channel: what ThumbHash and BlurHash are made of."""

import math
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

Vector = tuple[float, ...]


@lru_cache(maxsize=256)
def cosines(length: int, frequency: int, shift: float) -> Vector:
    """Return cos(pi * frequency * (i + shift) / length) for each i below `length`."""
    return tuple(math.cos(math.pi * frequency * (i + shift) / length) for i in range(length))


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    total: float = sum(map(mul, left, right))
    return total


def project(rows: Sequence[Sequence[float]], columns: int, lines: int, shift: float) -> list[Vector]:
    """Return the mean of the channel times each pair of cosines, of shape (lines, columns).

    The sum is taken along x first, then along y: width * columns + columns * lines products a row instead of
    width * columns * lines.

    Args:
        rows: The channel, of shape (height, width).
        columns: How many frequencies along x.
        lines: How many along y.
        shift: 0.5 takes the cosine at the middle of a pixel, 0 at its edge.
    """
    height, width = len(rows), len(rows[0])
    across = [cosines(width, frequency, shift) for frequency in range(columns)]
    sums = [[dot(row, wave) for row in rows] for wave in across]
    down = [cosines(height, frequency, shift) for frequency in range(lines)]
    return [tuple(dot(column, wave) / (width * height) for column in sums) for wave in down]
