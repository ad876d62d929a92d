"""What only a store in a local folder has to mind: links, odd files, cancellation, leftovers."""

import asyncio
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from app.blobs.batches import BATCH_BYTES
from app.blobs.local import LocalStore
from app.domain.errors import AlreadyUploaded, NotFound, SourceUnreadable

NAME = f"{'0a' * 16}.jpeg"
THUMBNAIL_KEY = f"thumbnails/{NAME}"
STAGING_KEY = f"staging/{'0a' * 16}"


def files_below(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink() or not path.is_dir())


async def test_spreads_objects_over_folders_by_the_start_of_their_name(local, root):
    await local.put(NAME, b"x")
    await local.put(THUMBNAIL_KEY, b"x")

    assert files_below(root) == [f"0a/{NAME}", f"thumbnails/0a/{NAME}"]


async def test_entity_tags_outlive_a_restart(local, root):
    await local.put(NAME, b"x")

    assert await LocalStore(root).find(NAME) == await local.find(NAME)


async def test_entity_tags_differ_within_one_tick_of_the_clock(local, root):
    tags = set()
    for number in range(50):
        await local.put(NAME, b"%02d" % number)
        os.utime(root / "0a" / NAME, ns=(0, 0))
        tags.add(((await local.find(NAME)).etag, (root / "0a" / NAME).stat().st_ino))

    assert len({etag for etag, _ in tags}) == len({inode for _, inode in tags}) > 1


async def test_files_are_closed_to_other_users(local, root):
    await local.put(NAME, b"x")

    assert (root / "0a" / NAME).stat().st_mode & 0o007 == 0
    assert (root / "0a").stat().st_mode & 0o007 == 0


async def test_the_root_may_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "objects").symlink_to("disk")

    await LocalStore(tmp_path / "objects").put(NAME, b"x")

    assert files_below(tmp_path / "disk") == [f"0a/{NAME}"]


async def read_all(store, key):
    return b"".join([chunk async for chunk in store.read(key)])


async def test_never_reads_through_a_link_in_place_of_an_object(local, root, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "0a").mkdir(parents=True)
    (root / "0a" / NAME).symlink_to(tmp_path / "secret")

    assert await local.find(NAME) is None
    assert [stat async for stat in local.list()] == []
    with pytest.raises(NotFound):
        await read_all(local, NAME)
    with pytest.raises(NotFound):
        await local.move(NAME, THUMBNAIL_KEY)


async def test_never_follows_a_link_in_place_of_a_folder(local, root, tmp_path, make_chunks):
    outside = tmp_path / "outside" / "0a"
    outside.mkdir(parents=True)
    (outside / NAME).write_bytes(b"secret")
    root.mkdir()
    (root / "thumbnails").symlink_to(outside.parent)

    assert await local.find(THUMBNAIL_KEY) is None
    assert [stat async for stat in local.list()] == []
    await local.delete(THUMBNAIL_KEY)
    with pytest.raises(NotFound):
        await read_all(local, THUMBNAIL_KEY)
    with pytest.raises(NotADirectoryError):
        await local.put(THUMBNAIL_KEY, b"changed")
    with pytest.raises(NotADirectoryError):
        await local.put_new(f"thumbnails/{'0b' * 16}", make_chunks(b"x"), 1)

    assert files_below(tmp_path / "outside") == [f"0a/{NAME}"]
    assert (outside / NAME).read_bytes() == b"secret"
    assert files_below(root) == ["thumbnails"]


async def test_writing_replaces_a_link_and_leaves_what_it_points_to(local, root, tmp_path, make_chunks):
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "0a").mkdir(parents=True)
    (root / "0a" / NAME).symlink_to(tmp_path / "secret")

    with pytest.raises(AlreadyUploaded):
        await local.put_new(NAME, make_chunks(b"x"), 1)
    await local.put(NAME, b"mine")

    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert await read_all(local, NAME) == b"mine"


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "device", "link"])
async def test_copies_regular_files_only_and_never_hangs(local, root, tmp_path, kind):
    path = tmp_path / "source"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        (tmp_path / "photo").write_bytes(b"x")
        path.symlink_to("photo")

    async with asyncio.timeout(5):
        with pytest.raises(SourceUnreadable):
            await local.copy_in(NAME, path, max_bytes=10)

    assert not root.exists() or files_below(root) == []


async def test_keeps_nothing_of_a_copy_that_is_refused(local, root, tmp_path):
    with pytest.raises(SourceUnreadable):
        await local.copy_in(NAME, tmp_path / "a\0b", max_bytes=10)

    assert not root.exists()


@pytest.mark.parametrize("cancel", ["task", "scope"])
async def test_a_cancelled_upload_leaves_nothing(local, root, cancel):
    halfway = asyncio.Event()
    scope = anyio.CancelScope()

    async def stalling():
        yield bytes(BATCH_BYTES)
        halfway.set()
        await asyncio.Event().wait()

    async def upload():
        with scope:
            await local.put_new(STAGING_KEY, stalling(), 10 * BATCH_BYTES)

    task = asyncio.ensure_future(upload())
    await halfway.wait()
    assert len(files_below(root)) == 1
    (task if cancel == "task" else scope).cancel()
    await asyncio.wait((task,), timeout=5)

    assert task.cancelled() or scope.cancelled_caught
    assert files_below(root) == []


async def test_the_sweeper_removes_old_leftovers_and_nothing_else(local, root):
    await local.put(NAME, b"x")
    for name, age_s in (("old", 7200), ("new", 10)):
        leftover = root / ".unfinished" / name
        leftover.write_bytes(b"half")
        os.utime(leftover, (leftover.stat().st_mtime - age_s,) * 2)

    removed = await local.sweep(datetime.now(UTC) - timedelta(hours=1))

    assert removed == 1
    assert files_below(root) == [".unfinished/new", f"0a/{NAME}"]
    assert [stat.key async for stat in local.list()] == [NAME]


async def test_sweeps_nothing_where_nothing_was_written(local):
    assert await local.sweep(datetime.now(UTC)) == 0


def count_descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_descriptors_are_closed(local, make_chunks):
    before = count_descriptors()

    await local.put(NAME, bytes(1024 * 1024))
    with pytest.raises(AlreadyUploaded):
        await local.put_new(NAME, make_chunks(b"x"), 1)
    reading = local.read(NAME)
    await anext(reading)
    await reading.aclose()
    await local.find(THUMBNAIL_KEY)

    assert count_descriptors() == before
