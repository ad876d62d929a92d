"""What a store over several promises when one of them fails: reads go on, and a lie is found out and owed a repair."""

import hashlib
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from app.blobs.health import Health, probe_stores
from app.blobs.local import LocalStore
from app.blobs.replicated import ReplicatedStore
from app.domain.errors import DamagedObject, NotFound, StorageUnavailable
from app.domain.image import (
    Derived,
    Image,
    ImageFormat,
    ImageState,
    Metadata,
    Placeholder,
    new_image_id,
    thumbnail_key,
)
from app.domain.image import ThumbnailSize as Size
from app.domain.replica import REPLICA
from app.domain.upload import Upload
from app.domain.viewer import UserId
from app.metering.prometheus import PrometheusMeter

ORIGINAL = bytes(range(256)) * 3_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)
VARIANT_KEY = f"variants/{'0a' * 16}_{'0b' * 16}.webp"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(tmp_path) -> LocalStore:
    return LocalStore(tmp_path / "other")


@pytest.fixture
def pair(local, other, records, clock) -> ReplicatedStore:
    """A store over two folders, the first of which the tests take away, empty and damage."""
    stores = {"disk": local, "other": other}
    return ReplicatedStore(stores, records, Health(stores, PrometheusMeter(), clock), lambda: NOW)


@pytest.fixture
async def image(pair, other, records) -> Image:
    """An image that both folders hold."""
    image = Image(
        id=new_image_id(),
        owner_id=UserId("user:ada"),
        title="",
        state=ImageState.PROCESSING,
        format=ImageFormat.JPEG,
        width=8,
        height=8,
        byte_size=len(ORIGINAL),
        sha256=hashlib.sha256(ORIGINAL).hexdigest(),
        frame_count=1,
        created_at=NOW,
    )
    await pair.put(image.original_key, ORIGINAL)
    await other.put(image.original_key, ORIGINAL)
    return await records.images.add(image, ())


async def read_all(store, key, start=0, end=None):
    async with aclosing(store.read(key, start, end)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def owed(records) -> list[tuple[str, str]]:
    entries = []
    while claim := await records.outbox.claim(datetime.now(UTC) + timedelta(days=1), 30, (REPLICA,)):
        entries.append((claim.entry.lane, claim.entry.payload))
        await records.outbox.settle(claim)
    return sorted(entries)


def take_away(root) -> None:
    """Leave something in the folder's place that is no folder."""
    root.rename(root.with_name("away"))
    root.touch()


def bring_back(root) -> None:
    root.unlink()
    root.with_name("away").rename(root)


FLIPPED = ORIGINAL[:1000] + b"?" + ORIGINAL[1001:]


@pytest.mark.parametrize("bytes_there", [FLIPPED, ORIGINAL[:-1], ORIGINAL + b"x", b"", None])
async def test_reads_on_from_a_replica_when_the_primary_is_damaged_and_owes_it_a_repair(
    pair, local, image, records, bytes_there
):
    if bytes_there is None:
        await local.delete(image.original_key)
    else:
        await local.put(image.original_key, bytes_there)

    stat = await pair.find(image.original_key)
    whole, part = await read_all(pair, image.original_key), await read_all(pair, image.original_key, 990, 1010)
    async with pair.local_file(image.original_key) as path:
        held = path.read_bytes()

    assert (stat.byte_size, whole, part, held) == (len(ORIGINAL), ORIGINAL, ORIGINAL[990:1010], ORIGINAL)
    assert await owed(records) == [("disk", f"{image.id} thorough")]


async def test_reads_on_while_the_primary_is_away_and_owes_nothing(pair, root, image, records):
    take_away(root)

    for _ in range(2):
        stat = await pair.find(image.original_key)
        assert (stat.byte_size, await read_all(pair, image.original_key)) == (len(ORIGINAL), ORIGINAL)

    assert await owed(records) == []


async def test_a_write_fails_clearly_while_the_primary_is_away_and_goes_on_once_it_is_back(
    pair, root, image, make_chunks, clock
):
    take_away(root)
    for write in (
        lambda: pair.put(image.original_key, ORIGINAL),
        lambda: pair.put_new(f"staging/{image.id}", make_chunks(b"x"), 1),
        lambda: pair.move(f"staging/{image.id}", image.original_key),
    ):
        with pytest.raises(StorageUnavailable):
            await write()

    bring_back(root)
    with pytest.raises(StorageUnavailable):
        await pair.put(image.original_key, ORIGINAL)
    clock.seconds += 60
    await pair.put(image.original_key, ORIGINAL)


async def test_no_upload_is_led_to_a_primary_that_is_away(pair, root, image):
    upload = Upload(image.id, image.owner_id, image.format, 1, "", (), (), None, None, NOW, NOW + timedelta(minutes=15))
    assert await pair.sign_put(upload) is None
    take_away(root)

    await probe_stores(pair.stores, pair.health)

    with pytest.raises(StorageUnavailable):
        await pair.sign_put(upload)


async def test_a_probe_finds_out_that_the_primary_is_back(pair, root, image):
    take_away(root)
    await probe_stores(pair.stores, pair.health)
    assert pair.health.in_order() == ["other", "disk"]
    bring_back(root)

    await probe_stores(pair.stores, pair.health)

    assert pair.health.in_order() == ["disk", "other"]


async def test_tells_what_is_wrong_with_the_primary_when_no_copy_is_good(pair, local, other, image):
    await local.put(image.original_key, FLIPPED)
    await other.delete(image.original_key)
    with pytest.raises(DamagedObject):
        await read_all(pair, image.original_key)

    await local.delete(image.original_key)
    with pytest.raises(NotFound):
        await read_all(pair, image.original_key)


async def test_a_replica_gives_nothing_of_an_image_that_is_deleted(pair, other, image, records):
    await records.images.delete((image.id,))

    await pair.delete(image.original_key)

    assert await other.find(image.original_key) is not None
    assert await pair.find(image.original_key) is None
    with pytest.raises(NotFound):
        await read_all(pair, image.original_key)


async def test_deletes_an_image_while_the_primary_is_away_and_owes_it_the_rest(pair, root, image, records):
    await records.replicas.follow("disk", ("other",))
    take_away(root)

    await records.images.delete((image.id,))
    await pair.delete(image.original_key)

    assert await owed(records) == [("disk", image.id), ("other", image.id)]
    with pytest.raises(StorageUnavailable):
        await pair.delete(f"staging/{image.id}")


async def test_variants_are_kept_elsewhere_while_the_primary_is_away(pair, root, other, image):
    take_away(root)

    await pair.put(VARIANT_KEY, b"pixels")

    assert (await other.find(VARIANT_KEY)).byte_size == 6
    assert await pair.find(VARIANT_KEY) == await other.find(VARIANT_KEY)
    assert await read_all(pair, VARIANT_KEY) == b"pixels"
    assert [stat.key async for stat in pair.list("variants/")] == [VARIANT_KEY]


async def test_a_thumbnail_is_known_by_its_record_too(pair, local, other, image, records):
    key, good = thumbnail_key(image.id, Size.SMALL), b"small"
    hashes = tuple(hashlib.sha256(data).hexdigest() for data in (good, b"medium", b"large"))
    derived = Derived((len(good), 6, 5), Placeholder("", "", "", ""), (), "0" * 16, Metadata(), None, hashes)
    await records.images.finish(image.id, derived)
    await local.put(key, b"smell")
    await other.put(key, good)

    assert await read_all(pair, key) == good
    assert await owed(records) == [("disk", f"{image.id} thorough")]
