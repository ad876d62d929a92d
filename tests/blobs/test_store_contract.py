"""What every object store does."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import AlreadyUploaded, InvalidInput, NotFound, SourceUnreadable, TooLarge

KEY = f"{'0a' * 16}.jpeg"
OTHER_KEY = f"{'0b' * 16}.jpeg"
THUMBNAIL_KEY = f"thumbnails/{'0a' * 16}_thumb_small.jpeg"
STAGING_KEY = f"staging/{'0a' * 16}"
BIG = bytes(range(256)) * 4 * 1024 * 3


async def read_all(store, key, start=0, end=None):
    async with aclosing(store.read(key, start, end)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def list_keys(store, prefix=""):
    return sorted([stat.key async for stat in store.list(prefix)])


async def test_reads_back_what_was_put(store):
    await store.put(KEY, b"pixels")

    assert await read_all(store, KEY) == b"pixels"


async def test_put_replaces_the_object_and_its_entity_tag(store):
    await store.put(KEY, b"before")
    before = await store.find(KEY)

    await store.put(KEY, b"after!")

    assert await read_all(store, KEY) == b"after!"
    assert (await store.find(KEY)).etag != before.etag


async def test_tells_size_tag_and_time_of_an_object(store):
    before = datetime.now(UTC) - timedelta(seconds=2)
    await store.put(THUMBNAIL_KEY, b"12345")

    stat = await store.find(THUMBNAIL_KEY)

    assert (stat.key, stat.byte_size) == (THUMBNAIL_KEY, 5)
    assert stat.etag.isprintable()
    assert '"' not in stat.etag
    assert before <= stat.modified_at <= datetime.now(UTC) + timedelta(seconds=2)
    assert await store.find(THUMBNAIL_KEY) == stat


async def test_finds_nothing_under_a_free_key(store):
    assert await store.find(KEY) is None


async def test_reading_a_free_key_is_not_found_at_the_first_step(store):
    with pytest.raises(NotFound):
        await read_all(store, KEY)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, None), (5, 6), (1000, 700_001), (len(BIG) - 1, None), (len(BIG), None), (0, len(BIG) + 9), (7, 7)],
)
async def test_reads_a_part(store, start, end):
    await store.put(KEY, BIG)

    assert await read_all(store, KEY, start, end) == BIG[start:end]


async def test_put_new_keeps_a_stream_and_tells_its_size(store, make_chunks):
    size = await store.put_new(STAGING_KEY, make_chunks(b"ab", b"", BIG, b"cd"), max_bytes=len(BIG) + 4)

    assert size == len(BIG) + 4
    assert await read_all(store, STAGING_KEY) == b"ab" + BIG + b"cd"


async def test_put_new_keeps_a_stream_of_many_tiny_chunks(store, make_chunks):
    await store.put_new(STAGING_KEY, make_chunks(*[b"x"] * 5_000), max_bytes=5_000)

    assert await read_all(store, STAGING_KEY) == b"x" * 5_000


async def test_put_new_leaves_the_object_that_is_there(store, make_chunks):
    await store.put(STAGING_KEY, b"first")

    with pytest.raises(AlreadyUploaded):
        await store.put_new(STAGING_KEY, make_chunks(b"second"), max_bytes=10)

    assert await read_all(store, STAGING_KEY) == b"first"


async def test_put_new_stops_at_one_byte_too_many_and_keeps_nothing(store):
    asked = 0

    async def endless():
        nonlocal asked
        while True:
            asked += 1
            yield b"x"

    with pytest.raises(TooLarge):
        await store.put_new(STAGING_KEY, endless(), max_bytes=100)

    assert asked == 101
    assert await list_keys(store) == []


async def test_put_new_keeps_nothing_of_a_stream_that_breaks(store, make_chunks):
    with pytest.raises(ConnectionResetError):
        await store.put_new(STAGING_KEY, make_chunks(BIG, b"x", then=ConnectionResetError()), max_bytes=len(BIG) + 9)

    assert await list_keys(store) == []


async def test_one_of_twenty_concurrent_put_new_wins(store, make_chunks):
    streams = [bytes([number]) * 50_000 for number in range(20)]

    results = await asyncio.gather(
        *(store.put_new(STAGING_KEY, make_chunks(data), max_bytes=50_000) for data in streams), return_exceptions=True
    )

    winners = [number for number, result in enumerate(results) if result == 50_000]
    assert len(winners) == 1
    assert sum(isinstance(result, AlreadyUploaded) for result in results) == 19
    assert await read_all(store, STAGING_KEY) == streams[winners[0]]


async def test_copies_a_file_in_over_what_is_there(store, tmp_path):
    await store.put(KEY, b"before")
    (tmp_path / "photo.jpg").write_bytes(BIG)

    await store.copy_in(KEY, tmp_path / "photo.jpg", max_bytes=len(BIG))

    assert await read_all(store, KEY) == BIG


async def test_refuses_to_copy_a_file_that_is_too_large(store, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(BIG)

    with pytest.raises(TooLarge):
        await store.copy_in(KEY, tmp_path / "photo.jpg", max_bytes=len(BIG) - 1)

    assert await list_keys(store) == []


async def test_refuses_to_copy_a_file_that_is_gone(store, tmp_path):
    with pytest.raises(SourceUnreadable):
        await store.copy_in(KEY, tmp_path / "gone.jpg", max_bytes=10)


async def test_moves_an_object(store):
    await store.put(STAGING_KEY, b"pixels")

    await store.move(STAGING_KEY, KEY)

    assert await list_keys(store) == [KEY]
    assert await read_all(store, KEY) == b"pixels"


async def test_a_move_may_be_done_twice(store):
    await store.put(STAGING_KEY, b"pixels")
    await store.move(STAGING_KEY, KEY)

    await store.move(STAGING_KEY, KEY)

    assert await read_all(store, KEY) == b"pixels"


async def test_a_move_of_nothing_is_not_found(store):
    with pytest.raises(NotFound):
        await store.move(STAGING_KEY, KEY)


async def test_deletes_an_object_and_takes_a_missing_one_for_deleted(store):
    await store.put(KEY, b"pixels")

    await store.delete(KEY)
    await store.delete(KEY)

    assert await store.find(KEY) is None


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("", [KEY, OTHER_KEY, STAGING_KEY, THUMBNAIL_KEY]),
        ("staging/", [STAGING_KEY]),
        ("thumbnails/0a0a", [THUMBNAIL_KEY]),
        ("thumbnails/0", [THUMBNAIL_KEY]),
        ("thumb", [THUMBNAIL_KEY]),
        ("0a0", [KEY]),
        ("0", [KEY, OTHER_KEY]),
        (KEY, [KEY]),
        ("gifs/", []),
        ("../", []),
    ],
)
async def test_lists_the_objects_under_a_prefix(store, prefix, keys):
    for key in (KEY, OTHER_KEY, STAGING_KEY, THUMBNAIL_KEY):
        await store.put(key, b"pixels")

    assert await list_keys(store, prefix) == keys


async def test_listing_tells_the_same_as_finding(store):
    await store.put(THUMBNAIL_KEY, b"pixels")

    assert [stat async for stat in store.list()] == [await store.find(THUMBNAIL_KEY)]


async def test_lists_nothing_before_anything_was_put(store):
    assert await list_keys(store) == []


async def test_holds_an_object_as_a_local_file(store):
    await store.put(KEY, b"pixels")

    async with store.local_file(KEY) as path:
        assert path.read_bytes() == b"pixels"


async def test_a_free_key_is_no_local_file(store):
    with pytest.raises(NotFound):
        async with store.local_file(KEY):
            pass


async def test_a_check_leaves_nothing_behind(store):
    await store.check()

    assert await list_keys(store) == []
    assert await store.sweep(datetime.now(UTC) + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    "key",
    [
        *("", ".", "..", "/", "a/", "/etc/passwd", "../secret", "thumbnails/../../secret", "thumbnails//abc"),
        *("abc/..", "./abc", "abc\0", "abc\n", "ABC.JPEG", "abc\\..\\secret", "äbc", "~root", "-rf", "a" * 201),
        *("one/two/three/four/five", ".unfinished/abc", "abc/.abc", "ab", "thumbnails/ab", "\u0660\u0660\u0660"),
    ],
)
async def test_refuses_a_key_that_this_server_never_makes(store, make_chunks, tmp_path, key):
    calls = [
        store.put(key, b"x"),
        store.put_new(key, make_chunks(b"x"), 1),
        store.copy_in(key, tmp_path / "x", 1),
        store.find(key),
        read_all(store, key),
        store.move(key, KEY),
        store.move(KEY, key),
        store.delete(key),
    ]

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(result) for result in results] == [InvalidInput] * len(calls)
    assert await list_keys(store) == []
