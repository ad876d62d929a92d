"""Timing of one operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter


@contextmanager
def timed(observe: Callable[[str, float], None], operation: str) -> Iterator[None]:
    """Tell how many seconds the block took, however it ends."""
    begun = perf_counter()
    try:
        yield
    finally:
        observe(operation, perf_counter() - begun)
