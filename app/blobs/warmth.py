"""Which files the kernel has in memory for certain: those that were written or read a moment ago."""

import os
import time
from dataclasses import dataclass, field

WARM_S = 60.0
MAX_KEYS = 10_000


@dataclass(slots=True)
class Warmth:
    """Keys whose files may be read without a thread, which takes ten times as long as the read.

    A read without a thread makes none warmer: each file comes through one again in a minute, and is marked as used.
    The kernel is asked not to wait for a disk (`RWF_NOWAIT`); where it cannot promise that, nothing is ever warm.
    """

    can_be: bool = hasattr(os, "RWF_NOWAIT")
    _read_at: dict[str, float] = field(default_factory=dict)

    def has(self, key: str) -> bool:
        read_at = self._read_at.get(key)
        return read_at is not None and time.monotonic() - read_at < WARM_S

    def add(self, key: str) -> None:
        """Note that a thread just wrote or read a file; of too many the one that came first is forgotten."""
        if not self.can_be:
            return
        if len(self._read_at) >= MAX_KEYS and key not in self._read_at:
            del self._read_at[next(iter(self._read_at))]
        self._read_at[key] = time.monotonic()

    def discard(self, key: str) -> None:
        self._read_at.pop(key, None)

    def end(self) -> None:
        """Note that the kernel cannot promise it of these files."""
        self.can_be = False
        self._read_at.clear()


def read_warm(descriptor: int, start: int, size: int) -> bytes:
    """Return what of a part is in memory, from its start on.

    Raises:
        BlockingIOError: Nothing of it is.
        OSError: EOPNOTSUPP where the file system cannot tell.
    """
    buffer = bytearray(size)
    return bytes(memoryview(buffer)[: os.preadv(descriptor, [buffer], start, os.RWF_NOWAIT)])
