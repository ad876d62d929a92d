"""What every database promises of replicas: what is known of them, and that no change of an image is forgotten."""

from dataclasses import replace

from record_factories import DERIVED, NOW, after, make_image

from app.domain.image import new_image_id
from app.domain.replica import REPLICA, Replica, ReplicaState, Scrub
from app.ports.records import Records


async def owed(records: Records) -> list[tuple[str, str]]:
    """Return the stores and images that the outbox holds, in the order of the stores; they are gone then."""
    entries = []
    while claim := await records.outbox.claim(after(10 * 365 * 86_400), 30, (REPLICA,)):
        entries.append((claim.entry.lane, claim.entry.payload))
        await records.outbox.settle(claim)
    return sorted(entries)


async def test_owes_each_follower_a_new_image_once(records: Records) -> None:
    await records.replicas.follow("s3", ("local", "ipfs"))
    image = make_image()

    await records.images.add(image, ())
    await records.images.add(image, ())

    assert await owed(records) == [("ipfs", image.id), ("local", image.id)]


async def test_owes_what_is_made_of_an_image_when_it_changes(records: Records) -> None:
    image = await records.images.add(make_image(derived=None), ())
    await records.replicas.follow("s3", ("local",))
    await records.replicas.put(
        [Replica(image.id, name, ReplicaState.STORED, checked_at=NOW) for name in ("local", "s3")]
    )

    await records.images.finish(image.id, DERIVED)
    first = await owed(records)
    await records.images.finish(image.id, DERIVED)

    assert (first, await owed(records)) == ([("local", image.id)], [])
    assert (await records.replicas.find_many((image.id,)))[image.id] == (
        Replica(image.id, "local", ReplicaState.PENDING, NOW),
        Replica(image.id, "s3", ReplicaState.STORED, NOW),
    )


async def test_owes_every_store_the_end_of_an_image(records: Records) -> None:
    await records.replicas.follow("s3", ("local",))
    image = await records.images.add(make_image(), ())
    await owed(records)

    await records.images.delete((image.id, new_image_id()))

    assert await owed(records) == [("local", image.id), ("s3", image.id)]


async def test_owes_nothing_to_a_store_that_is_alone(records: Records) -> None:
    await records.replicas.follow("s3", ("local",))
    await records.replicas.follow("s3", ())

    image = await records.images.add(make_image(derived=None), ())
    await records.images.finish(image.id, DERIVED)
    await records.images.delete((image.id,))

    assert await owed(records) == []


async def test_keeps_what_is_known_over_what_was(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    stored = Replica(image.id, "ipfs", ReplicaState.STORED, NOW, cid="bafy")
    await records.replicas.put((stored,))

    await records.replicas.put((Replica(image.id, "ipfs", ReplicaState.DAMAGED, error="Other bytes."),))
    await records.replicas.put((Replica(image.id, "local", ReplicaState.MISSING),))

    assert await records.replicas.find_many((image.id, new_image_id())) == {
        image.id: (
            replace(stored, state=ReplicaState.DAMAGED, error="Other bytes."),
            Replica(image.id, "local", ReplicaState.MISSING),
        )
    }


async def test_forgets_what_is_known_of_an_image_with_it(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    await records.replicas.put((Replica(image.id, "local", ReplicaState.STORED),))

    await records.images.delete((image.id,))
    await records.replicas.put((Replica(image.id, "local", ReplicaState.STORED),))

    assert await records.replicas.find_many((image.id,)) == {}


async def test_remembers_how_far_a_look_through_all_images_has_come(records: Records) -> None:
    image_id = new_image_id()
    assert await records.replicas.scrub() is None

    await records.replicas.put_scrub(Scrub(NOW, image_id))
    first = await records.replicas.scrub()
    await records.replicas.put_scrub(Scrub(after(60), None))

    assert (first, await records.replicas.scrub()) == (Scrub(NOW, image_id), Scrub(after(60), None))


async def test_scans_images_of_every_state_in_the_order_of_their_ids(records: Records) -> None:
    images = sorted([await records.images.add(make_image(), ()) for _ in range(5)], key=lambda image: image.id)

    pages = [await records.images.scan(None, 2), await records.images.scan(images[1].id, 9)]

    assert pages == [tuple(images[:2]), tuple(images[2:])]
    assert await records.images.scan(images[4].id, 9) == ()
