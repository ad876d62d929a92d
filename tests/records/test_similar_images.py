"""Images that look alike, by their difference hashes."""

import random
from dataclasses import replace

import pytest
from record_factories import DERIVED, make_image

from app.domain.image import Image
from app.domain.similarity import BANDS, MAX_DISTANCE, bands_of, distance_of, near_bands
from app.ports.records import Records


async def keep(records: Records, difference_hash: str) -> Image:
    image = make_image()
    await records.images.add(image, ())
    await records.images.finish(image.id, replace(DERIVED, difference_hash=difference_hash))
    return image


def flip(difference_hash: str, places: list[int]) -> str:
    return f"{int(difference_hash, 16) ^ sum(1 << place for place in places):016x}"


async def test_finds_all_that_are_near_and_nothing_else(records: Records) -> None:
    chance = random.Random(1)
    wanted = f"{chance.getrandbits(64):016x}"
    hashes = {}
    for distance in range(16):
        for _ in range(6):
            near = flip(wanted, chance.sample(range(64), distance))
            hashes[(await keep(records, near)).id] = distance

    for most in (0, 3, 4, 7, 8, MAX_DISTANCE):
        found = await records.images.find_similar(wanted, most, 1000)
        expected = sorted((distance, image_id) for image_id, distance in hashes.items() if distance <= most)
        assert [(similar.distance, similar.image_id) for similar in found] == expected


async def test_finds_the_nearest_first(records: Records) -> None:
    images = [await keep(records, flip("0" * 16, list(range(distance)))) for distance in (5, 0, 3)]

    found = await records.images.find_similar("0" * 16, 8, 2)

    assert [similar.image_id for similar in found] == [images[1].id, images[2].id]


async def test_follows_what_is_made_anew_and_what_is_deleted(records: Records) -> None:
    changed, deleted = [await keep(records, "00000000000000ff") for _ in range(2)]

    await records.images.finish(changed.id, replace(DERIVED, difference_hash="ff" * 8))
    await records.images.delete([deleted.id])

    assert await records.images.find_similar("00000000000000ff", 4, 10) == ()
    assert [similar.image_id for similar in await records.images.find_similar("ff" * 8, 0, 10)] == [changed.id]


@pytest.mark.parametrize("distance", range(MAX_DISTANCE + 1))
def test_two_near_hashes_share_a_near_band(distance: int) -> None:
    chance = random.Random(distance)
    for _ in range(200):
        one = f"{chance.getrandbits(64):016x}"
        other = flip(one, chance.sample(range(64), distance))

        assert distance_of(one, other) == distance
        pairs = zip(bands_of(one), bands_of(other), strict=True)
        assert any(band in near_bands(wanted, distance) for wanted, band in pairs)
    assert [len(near_bands("0000", BANDS * bits)) for bits in range(3)] == [1, 17, 137]
