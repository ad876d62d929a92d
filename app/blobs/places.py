"""Where an object's file is: keys become folders and a name, opened so that no symbolic link is ever followed.

Objects are spread over subfolders by the first two characters of their name: `thumbnails/3fa1….jpeg` is the file
`thumbnails/3f/3fa1….jpeg`. So a million images are 256 folders of 4,000 originals each, which every file system,
backup and listing takes in its stride. A part of a key has at least three characters, so none is ever taken for such
a subfolder; none begins with a dot, so none is ever taken for the folder of unfinished files.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import InvalidInput

MAX_DEPTH = 4
FOLDER_MODE = 0o750

_PART = re.compile(r"[a-z0-9_][a-z0-9_.-]{2,199}")
_SHARD_LENGTH = 2
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Place:
    """A file below the root: the folders on the way, the outermost first, and its name."""

    folders: tuple[str, ...]
    name: str


def place_of(key: str) -> Place:
    """Return where the object of a key is.

    Raises:
        InvalidInput: The key is none that this server makes.
    """
    if not is_key(key):
        raise InvalidInput(f"The key {key[:80]!r} is refused.")
    *folders, name = key.split("/")
    return Place((*folders, name[:_SHARD_LENGTH]), name)


def is_key(key: str) -> bool:
    """Tell whether the key is one that this server may make."""
    parts = key.split("/")
    return len(parts) <= MAX_DEPTH and all(is_part(part) for part in parts)


def is_part(text: str) -> bool:
    """Tell whether the text can be one of the parts of a key that are parted by `/`."""
    return _PART.fullmatch(text) is not None


def is_shard(folder: str) -> bool:
    """Tell whether a folder's name is that of one that holds objects."""
    return len(folder) == _SHARD_LENGTH


@contextmanager
def open_folder(root: Path, folders: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
    """Hold the descriptor of a folder; only the root itself may be a link, which is then its operator's wish.

    Raises:
        FileNotFoundError: It is not there, and not to be made.
        NotADirectoryError: There is a link, or a file, on the way.
        OSError: ENODEV when the root itself is no folder: then nothing can be said of what should be in it.
    """
    descriptor = _open_root(root, create=create)
    try:
        for folder in folders:
            parent = descriptor
            descriptor = _open_child(parent, folder, create=create)
            os.close(parent)
        yield descriptor
    finally:
        os.close(descriptor)


def find_file(folder: int, name: str) -> os.stat_result | None:
    """Return the state of a regular file; None when there is none, or something else in its place."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _open_root(root: Path, *, create: bool) -> int:
    try:
        if create:
            root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return os.open(root, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
    except (FileExistsError, NotADirectoryError) as error:
        raise OSError(errno.ENODEV, "The root of the store is no folder", str(root)) from error


def _open_child(parent: int, folder: str, *, create: bool) -> int:
    try:
        return os.open(folder, _FOLDER_FLAGS, dir_fd=parent)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(folder, FOLDER_MODE, dir_fd=parent)
    os.fsync(parent)
    return os.open(folder, _FOLDER_FLAGS, dir_fd=parent)
