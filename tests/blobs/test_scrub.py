"""The scrub over two folders: how far it goes at once, where it goes on, and what it owes the stores."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.blobs.local import LocalStore
from app.domain.image import Image, ImageFormat, ImageId, ImageState
from app.domain.outbox import OutboxEntry
from app.domain.replica import REPLICA, ReplicaState, Scrub
from app.domain.viewer import UserId
from app.services.replication import ReplicationService
from app.services.scrub import IMAGES_A_TIME, STEP_S, ScrubService
from app.services.storage_check import StorageCheckService

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DATA = b"pixels" * 100
EVERY = timedelta(days=30)


class Clock:
    now = BEGIN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(local, tmp_path) -> dict[str, LocalStore]:
    return {"disk": local, "other": LocalStore(tmp_path / "other")}


@pytest.fixture
def replication(records, stores, clock) -> ReplicationService:
    return ReplicationService(records, stores, clock, wait=no_wait)


@pytest.fixture
def make_scrub(records, stores, replication, clock) -> Callable[[int], ScrubService]:
    check = StorageCheckService(records, stores, replication, clock, wait=no_wait)
    return lambda bytes_per_s: ScrubService(records, check, clock, bytes_per_s, EVERY)


async def no_wait(seconds: float) -> None:
    pass


@pytest.fixture
async def images(records, stores) -> list[Image]:
    """Images that both folders hold, in the order in which they are looked at."""
    images = []
    for number in range(2 * IMAGES_A_TIME + 1):
        image = Image(
            id=ImageId(f"{number:032x}"),
            owner_id=UserId("user:ada"),
            title="",
            state=ImageState.READY,
            format=ImageFormat.JPEG,
            width=1,
            height=1,
            byte_size=len(DATA),
            sha256=hashlib.sha256(DATA).hexdigest(),
            frame_count=1,
            created_at=BEGIN - EVERY,
        )
        for store in stores.values():
            await store.put(image.original_key, DATA)
        images.append(await records.images.add(image, ()))
    return images


async def take_owed(records) -> list[OutboxEntry]:
    entries = []
    while claim := await records.outbox.claim(BEGIN + timedelta(days=1), 30, (REPLICA,)):
        entries.append(claim.entry)
        await records.outbox.settle(claim)
    return sorted(entries, key=lambda entry: (entry.lane, entry.payload))


async def test_goes_as_far_as_its_rate_allows_and_on_from_there(make_scrub, images, records):
    slow = make_scrub(bytes_per_s=1)
    assert len(DATA) * 2 * IMAGES_A_TIME > STEP_S

    places = []
    for _ in range(4):
        await slow.step()
        places.append(await records.replicas.scrub())

    ends = [images[IMAGES_A_TIME - 1].id, images[2 * IMAGES_A_TIME - 1].id, images[-1].id, None]
    assert places == [Scrub(BEGIN, end) for end in ends]


async def test_rests_until_it_is_time_to_look_again(make_scrub, images, records, clock):
    quick = make_scrub(bytes_per_s=10**9)
    await quick.step()
    clock.now = BEGIN + EVERY - timedelta(seconds=1)
    await quick.step()
    before = await records.replicas.scrub()

    clock.now = BEGIN + EVERY
    await quick.step()

    assert (before, await records.replicas.scrub()) == (Scrub(BEGIN, None), Scrub(BEGIN + EVERY, None))


async def test_tells_what_it_saw_and_owes_each_store_what_it_lacks(
    make_scrub, images, records, stores, replication, clock
):
    flipped, gone, whole = images[:3]
    await stores["disk"].put(flipped.original_key, b"?" + DATA[1:])
    await stores["other"].delete(gone.original_key)
    scrub = make_scrub(bytes_per_s=10**9)

    await scrub.step()
    known = await records.replicas.find_many([flipped.id, gone.id, whole.id])
    owed = await take_owed(records)
    for entry in owed:
        await replication.deliver(entry)

    assert [replica.state for replica in known[flipped.id]] == [ReplicaState.DAMAGED, ReplicaState.STORED]
    assert [replica.state for replica in known[gone.id]] == [ReplicaState.STORED, ReplicaState.PENDING]
    assert [(replica.state, replica.checked_at) for replica in known[whole.id]] == [(ReplicaState.STORED, BEGIN)] * 2
    assert [(entry.lane, entry.payload) for entry in owed] == [
        ("disk", f"{flipped.id} thorough"),
        ("other", f"{gone.id} thorough"),
    ]
    assert [await read(store, flipped.original_key) for store in stores.values()] == [DATA, DATA]
    assert await read(stores["other"], gone.original_key) == DATA


async def read(store: LocalStore, key: str) -> bytes:
    return b"".join([chunk async for chunk in store.read(key)])


async def test_waits_for_a_store_that_is_away_and_then_pays_what_is_owed(images, records, stores, clock, root):
    image, waited = images[0], []
    await stores["disk"].put(image.original_key, b"?")
    root_of_other = stores["other"].root
    root_of_other.rename(root_of_other.with_name("away"))
    root_of_other.touch()

    async def bring_back(seconds: float) -> None:
        waited.append(seconds)
        root_of_other.unlink()
        root_of_other.with_name("away").rename(root_of_other)

    service = ReplicationService(records, stores, clock, wait=bring_back)
    await service.deliver(OutboxEntry(REPLICA, f"{image.id} thorough", BEGIN, "disk"))

    assert len(waited) == 1
    assert await read(stores["disk"], image.original_key) == DATA


async def test_removes_all_of_an_image_that_is_deleted_and_nothing_else(images, records, stores, replication):
    gone, kept = images[:2]
    keys = [f"thumbnails/{gone.id}_thumb_small.jpeg", f"variants/{gone.id}_{'0' * 32}.webp", f"edited/{gone.id}_1.png"]
    for key in keys:
        await stores["other"].put(key, b"x")
    await records.images.delete((gone.id,))

    await replication.deliver(OutboxEntry(REPLICA, gone.id, BEGIN, "other"))

    assert [stat.key async for stat in stores["other"].list() if gone.id in stat.key] == []
    assert await stores["other"].find(kept.original_key) is not None


async def test_drops_what_is_owed_to_a_store_that_is_no_more(images, records, replication):
    await replication.deliver(OutboxEntry(REPLICA, images[0].id, BEGIN, "tape"))

    assert await records.replicas.find_many((images[0].id,)) == {}
