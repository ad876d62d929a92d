"""Variants that are used are kept, and others are dropped: by when they were last read, not by when they were made."""

import os
import time
from datetime import UTC, datetime

import pytest

from app.domain.image import Image
from app.domain.variant import VariantFormat, VariantSpec
from app.domain.variant_text import Version, variant_key
from app.services.maintenance import MaintenanceService

DAY_S = 86_400


@pytest.fixture
def key(server) -> str:
    """The key of a variant of an image."""
    image: Image = server.make_image(b"picture")
    key = variant_key(image.id, Version(VariantSpec(100, format=VariantFormat.WEBP)), "webp")
    server.call(server.store.put, key, b"variant")
    return key


def age(server, key: str, days: float) -> None:
    """Let the variant be as if it had been written, and last read, so many days ago."""
    name = key.removeprefix("variants/")
    then = time.time() - days * DAY_S
    os.utime(server.store.root / "variants" / name[:2] / name, (then, then))


def read(server, key: str) -> bytes:
    async def collect() -> bytes:
        return b"".join([chunk async for chunk in server.store.read(key)])

    return server.call(collect)


def sweep(server) -> None:
    server.call(MaintenanceService(server.records, server.store, lambda: datetime.now(UTC)).sweep)


def test_a_variant_that_is_read_now_and_then_is_kept(server, key) -> None:
    age(server, key, 40)
    before = server.call(server.store.find, key)

    assert read(server, key) == b"variant"
    sweep(server)

    after = server.call(server.store.find, key)
    assert (after.etag, after.modified_at) == (before.etag, before.modified_at)
    assert after.used_at is not None
    assert (datetime.now(UTC) - after.used_at).total_seconds() < 60


def test_a_variant_that_nobody_reads_is_dropped(server, key) -> None:
    age(server, key, 29)
    sweep(server)
    assert server.call(server.store.find, key) is not None

    age(server, key, 31)
    sweep(server)

    assert server.call(server.store.find, key) is None
