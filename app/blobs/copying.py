"""Copying a file from outside the store, trusting nothing about it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from app.domain.errors import SourceUnreadable, TooLarge

COPY_BYTES = 1024 * 1024

# Not blocking: opening a FIFO to which nobody writes would hang for ever.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Target(Protocol):
    """A file that grows."""

    @property
    def byte_size(self) -> int: ...

    def write(self, data: bytes) -> None: ...


def copy_file(path: Path, target: Target, max_bytes: int) -> None:
    """Append the bytes of a regular file, counted as they come, since it may be growing.

    Raises:
        SourceUnreadable: The file is gone, is a link or no regular file, or may not be read.
        TooLarge: It has more than `max_bytes`.
    """
    with _open_regular(path) as descriptor:
        while data := _read(descriptor, path):
            if target.byte_size + len(data) > max_bytes:
                raise TooLarge(f"The file {path.name!r} has more than the allowed {max_bytes} bytes.")
            target.write(data)


@contextmanager
def _open_regular(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(path)
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int, path: Path) -> bytes:
    try:
        return os.read(descriptor, COPY_BYTES)
    except OSError as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> SourceUnreadable:
    return SourceUnreadable(f"The file {path.name!r} is gone, is no regular file, or may not be read.")
