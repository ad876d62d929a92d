"""A disk that is really full."""

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.blobs.batches import BATCH_BYTES
from app.blobs.local import LocalStore
from app.domain.errors import InsufficientStorage
from tests.small_disks import mount_small_disk

DISK_BYTES = 4 * 1024 * 1024
FILLING_KEY = f"{'0f' * 16}.jpeg"
KEY = f"{'0a' * 16}.jpeg"
STAGING_KEY = f"staging/{'0a' * 16}"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 4 MiB."""
    with mount_small_disk(tmp_path, DISK_BYTES):
        yield tmp_path


@pytest.fixture
async def full_store(small_disk: Path) -> LocalStore:
    """A store with a readable object and room for less than one more batch."""
    store = LocalStore(small_disk)
    await store.put(FILLING_KEY, bytes(DISK_BYTES - BATCH_BYTES))
    return store


def unfinished(store: LocalStore) -> list[str]:
    return [path.name for path in (store.root / ".unfinished").iterdir()]


async def read_size(store: LocalStore, key: str) -> int:
    async with aclosing(store.read(key)) as chunks:
        return sum([len(chunk) async for chunk in chunks])


async def write(store: LocalStore, how: str, make_chunks, tmp_path_factory) -> None:
    data = bytes(2 * BATCH_BYTES)
    if how == "put":
        await store.put(KEY, data)
    elif how == "put_new":
        await store.put_new(KEY, make_chunks(data[:BATCH_BYTES], data[BATCH_BYTES:]), len(data))
    else:
        source = tmp_path_factory.mktemp("elsewhere") / "photo.jpg"
        source.write_bytes(data)
        await store.copy_in(KEY, source, len(data))


@pytest.mark.parametrize("how", ["put", "put_new", "copy_in"])
async def test_a_full_disk_refuses_writes_goes_on_reading_and_recovers(full_store, how, make_chunks, tmp_path_factory):
    with pytest.raises(InsufficientStorage):
        await write(full_store, how, make_chunks, tmp_path_factory)

    assert unfinished(full_store) == []
    assert await full_store.find(KEY) is None
    assert await read_size(full_store, FILLING_KEY) == DISK_BYTES - BATCH_BYTES

    await full_store.delete(FILLING_KEY)
    await write(full_store, how, make_chunks, tmp_path_factory)

    assert await read_size(full_store, KEY) == 2 * BATCH_BYTES


async def test_a_full_disk_keeps_the_object_that_was_to_be_replaced(full_store):
    await full_store.put(KEY, b"before")

    with pytest.raises(InsufficientStorage):
        await full_store.put(KEY, bytes(2 * BATCH_BYTES))

    assert await read_size(full_store, KEY) == len(b"before")


async def test_a_full_disk_fails_the_check(small_disk):
    store = LocalStore(small_disk)
    await store.check()
    (small_disk / "other").write_bytes(bytes(DISK_BYTES - 8192))
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "more").write_bytes(bytes(BATCH_BYTES))

    with pytest.raises(InsufficientStorage):
        await store.check()

    assert unfinished(store) == []
