"""What a folder of objects holds."""

import os
from datetime import UTC, datetime
from pathlib import Path

from app.blobs.places import is_part, is_shard, open_folder
from app.ports.objects import ObjectStat

Folders = tuple[str, ...]


def object_stat(key: str, found: os.stat_result) -> ObjectStat:
    """Return what is told of an object.

    The entity tag is strong, since an object is only ever replaced whole, by another file: the inode parts two that
    were written within one tick of the file system's clock.
    """
    return ObjectStat(
        key=key,
        byte_size=found.st_size,
        etag=f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}",
        modified_at=datetime.fromtimestamp(found.st_mtime, UTC),
        used_at=datetime.fromtimestamp(max(found.st_atime, found.st_mtime), UTC),
    )


def scan_folder(root: Path, folders: Folders, prefix: str) -> tuple[list[ObjectStat], list[Folders]]:
    """Return the objects right in a folder, by name, and the folders in it that may hold more, the last first."""
    objects: list[ObjectStat] = []
    below: list[Folders] = []
    try:
        with open_folder(root, folders) as folder, os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if may_hold((*folders, entry.name), prefix):
                        below.append((*folders, entry.name))
                elif (found := _find_object(entry, folders, prefix)) is not None:
                    objects.append(found)
    except (FileNotFoundError, NotADirectoryError):
        return [], []  # it was never made, or is gone by now
    return sorted(objects, key=lambda stat: stat.key), sorted(below, reverse=True)


def may_hold(folders: Folders, prefix: str) -> bool:
    """Tell whether there may be keys below a folder that begin with the prefix."""
    if not all(is_part(folder) or is_shard(folder) for folder in folders):
        return False
    start = "/".join(folders) if is_shard(folders[-1]) else "/".join((*folders, ""))
    return start.startswith(prefix) or prefix.startswith(start)


def _find_object(entry: os.DirEntry[str], folders: Folders, prefix: str) -> ObjectStat | None:
    key = "/".join((*folders[:-1], entry.name))
    if not key.startswith(prefix):  # before the state is read, which takes ten times as long
        return None
    if not entry.is_file(follow_symlinks=False) or not is_part(entry.name) or folders[-1:] != (entry.name[:2],):
        return None
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return object_stat(key, found)
