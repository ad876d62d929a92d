"""The unfinished file: bytes that become an object all at once, or leave nothing behind.

It lies in a folder of its own on the same file system as the objects, so that a rename is atomic and the sweeper need
not look through a million objects for what a crash left. The order is that of a durable write: the bytes are synced,
then named, then the folder that has the name is synced.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from app.blobs.places import Place, open_folder

FOLDER = (".unfinished",)
FILE_MODE = 0o640

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class UnfinishedFile:
    """Blocking: every method is for a thread, one at a time. Leaving the `with` block discards what is not committed.

    All methods raise OSError.
    """

    __slots__ = ("_descriptor", "_name", "_root", "byte_size")

    def __init__(self, root: Path) -> None:
        self.byte_size = 0
        self._root = root
        self._name = secrets.token_hex(16)
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def write(self, data: bytes) -> None:
        """Append to the file; the first call makes it."""
        descriptor = self._open()
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        self.byte_size += len(data)

    def commit(self, place: Place) -> None:
        """Make it the object, over one that is there."""
        os.fsync(self._open())
        with open_folder(self._root, FOLDER) as source, open_folder(self._root, place.folders, create=True) as target:
            os.rename(self._name, place.name, src_dir_fd=source, dst_dir_fd=target)
            os.fsync(target)

    def commit_new(self, place: Place) -> None:
        """Make it the object where there is none yet, not even one that came in the meantime.

        Raises:
            FileExistsError
        """
        os.fsync(self._open())
        with open_folder(self._root, FOLDER) as source, open_folder(self._root, place.folders, create=True) as target:
            os.link(self._name, place.name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            os.fsync(target)

    def discard(self) -> None:
        """Close the file and remove its name here; nothing when it was never made, or was renamed."""
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        self._descriptor = None
        with suppress(FileNotFoundError), open_folder(self._root, FOLDER) as folder:
            os.unlink(self._name, dir_fd=folder)

    def _open(self) -> int:
        if self._descriptor is None:
            with open_folder(self._root, FOLDER, create=True) as folder:
                self._descriptor = os.open(self._name, _FLAGS, FILE_MODE, dir_fd=folder)
        return self._descriptor


def probe(root: Path) -> None:
    """Write, link and remove a file.

    Unlike a rename, a hard link is not to be had on every file system, and `commit_new` cannot do without.
    """
    name = secrets.token_hex(16)
    with UnfinishedFile(root) as file:
        file.write(b"probe")
        file.commit_new(Place(FOLDER, name))
    with open_folder(root, FOLDER) as folder:
        os.unlink(name, dir_fd=folder)


def sweep_unfinished(root: Path, before: float) -> int:
    """Remove files that were last written before a time (unix seconds); return how many."""
    removed = 0
    with suppress(FileNotFoundError), open_folder(root, FOLDER) as folder, os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.name, dir_fd=folder)
                    removed += 1
    return removed
