"""Files that were written or read a moment ago are read without a thread, and are what is on the disk all the same."""

import os
import time
from collections.abc import Awaitable, Callable

import anyio.to_thread
import pytest

from app.blobs import warmth
from app.blobs.local import LocalStore
from app.domain.errors import NotFound, StorageUnavailable

NAME = f"{'0a' * 16}.jpeg"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was done in threads."""
    done: list[object] = []
    run_sync = anyio.to_thread.run_sync

    def note(function: Callable[..., object], *arguments: object) -> Awaitable[object]:
        done.append(function)
        return run_sync(function, *arguments)

    monkeypatch.setattr(anyio.to_thread, "run_sync", note)
    return done


async def read(store: LocalStore, start: int = 0, end: int = 100_000) -> bytes:
    return b"".join([chunk async for chunk in store.read(NAME, start, end)])


async def warm(store: LocalStore, data: bytes) -> None:
    await store.put(NAME, data)
    assert await read(store, 0, len(data)) == data


async def test_needs_no_thread(local: LocalStore, calls: list[object]) -> None:
    data = os.urandom(50_000)
    await warm(local, data)
    before = await LocalStore(local.root).find(NAME)
    calls.clear()

    found, whole, part = await local.find(NAME), await read(local, 0, 50_000), await read(local, 10, 20)

    assert (found, whole, part) == (before, data, data[10:20])
    assert calls == []


async def test_what_was_just_written_needs_no_thread(local: LocalStore, calls: list[object]) -> None:
    await local.put(NAME, b"new")
    calls.clear()

    assert await local.find(NAME) is not None
    assert await read(local, 0, 3) == b"new"
    assert calls == []


async def test_shows_what_was_written_in_its_place(local: LocalStore) -> None:
    await warm(local, b"before")
    before = await local.find(NAME)
    await LocalStore(local.root).put(NAME, b"the other")

    found = await local.find(NAME)

    assert found is not None
    assert before is not None
    assert (found.byte_size, found.etag != before.etag) == (9, True)
    assert await read(local, 0, 9) == b"the other"
    assert await read(local) == b"the other"


async def test_is_gone_when_it_is_deleted(local: LocalStore) -> None:
    await warm(local, b"before")
    await LocalStore(local.root).delete(NAME)

    assert await local.find(NAME) is None
    with pytest.raises(NotFound):
        await read(local)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
async def test_is_gone_when_something_else_is_in_its_place(local: LocalStore, kind: str) -> None:
    await warm(local, b"before")
    path = local.root / "0a" / NAME
    path.rename(path.with_name("elsewhere"))
    {"link": lambda: path.symlink_to("elsewhere"), "folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}[kind]()

    assert await local.find(NAME) is None
    with pytest.raises(NotFound):
        await read(local)


async def test_a_store_that_is_away_says_so(local: LocalStore) -> None:
    await warm(local, b"before")
    local.root.rename(local.root.with_name("away"))
    local.root.write_bytes(b"")

    with pytest.raises(StorageUnavailable):
        await local.find(NAME)
    with pytest.raises(StorageUnavailable):
        await read(local)


async def test_comes_through_a_thread_again_in_time(
    local: LocalStore, calls: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    await warm(local, b"data")
    path = local.root / "0a" / NAME
    long_ago = time.time() - 40 * 24 * 3600
    os.utime(path, (long_ago, long_ago))
    await read(local, 0, 4)
    calls.clear()
    monkeypatch.setattr(warmth, "WARM_S", -1)

    await read(local, 0, 4)

    assert len(calls) == 1
    assert path.stat().st_atime > time.time() - 60


async def test_nothing_is_warm_where_the_kernel_cannot_tell(local: LocalStore, calls: list[object]) -> None:
    await warm(local, b"data")
    local.warmth.end()
    await read(local, 0, 4)
    calls.clear()

    assert await read(local, 0, 4) == b"data"
    assert len(calls) == 1


async def test_remembers_a_bounded_number(local: LocalStore) -> None:
    for number in range(warmth.MAX_KEYS + 5):
        local.warmth.add(str(number))

    assert [local.warmth.has(str(number)) for number in (4, 5, warmth.MAX_KEYS + 4)] == [False, True, True]
