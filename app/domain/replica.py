"""The replica: what one store holds of an image."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import NotFound
from app.domain.image import Derived, Image, ImageId, ThumbnailSize, thumbnail_key
from app.domain.objects import edited_prefix, image_id_of_key, picture_key, shown_thumbnail_key
from app.domain.outbox import EntryId, OutboxEntry
from app.domain.variant import variant_prefix

REPLICA = "REPLICA"
"""The kind of the outbox entries that keep the stores alike; `lane` is the store, `payload` the image's id."""

_THOROUGH = "thorough"
"""Behind the id when all bytes that are there must be compared, rather than what is not there be written."""


class ReplicaRole(StrEnum):
    """The primary's acknowledgement is the answer; replicas follow."""

    PRIMARY = "PRIMARY"
    REPLICA = "REPLICA"


class ReplicaState(StrEnum):
    """What is known of an image's original and thumbnails in one store; the worst of them counts."""

    PENDING = "PENDING"
    STORED = "STORED"
    MISSING = "MISSING"
    DAMAGED = "DAMAGED"


@dataclass(frozen=True, slots=True)
class Replica:
    """What is known of an image in one store.

    Attributes:
        checked_at: When all its bytes were last compared with the records; None when they never were.
        error: Why it is not stored, or not yet; safe to show.
        cid: The content identifier of the original, in a store that has them.
    """

    image_id: ImageId
    backend: str
    state: ReplicaState
    checked_at: datetime | None = None
    error: str | None = None
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedObject:
    """An object that every store should hold; None is not known. `sha256` is 64 hex digits.

    Attributes:
        is_fixed: Whether what is under the key never changes.
    """

    key: str
    byte_size: int | None
    sha256: str | None
    is_fixed: bool = True

    def is_like(self, byte_size: int, sha256: str) -> bool:
        """Tell whether bytes are these, as far as is known."""
        return self.byte_size in (None, byte_size) and self.sha256 in (None, sha256)


@dataclass(frozen=True, slots=True)
class Scrub:
    """How far a look through all images has come: in the order of their ids, `after` one; None between two rounds."""

    begun_at: datetime
    after: ImageId | None


def expected_objects(image: Image) -> tuple[ExpectedObject, ...]:
    """Return every object that must be there, the original first. Variants are made again when they are asked for."""
    original = ExpectedObject(image.original_key, image.byte_size, image.sha256)
    keys = [thumbnail_key(image.id, size) for size in ThumbnailSize]
    if image.edited is None:
        return (original, *_expected_thumbnails(keys, image.derived, is_fixed=False))
    return (
        original,
        *_expected_thumbnails(keys, image.edited.original.derived, is_fixed=False),
        ExpectedObject(picture_key(image), image.edited.byte_size, image.edited.sha256),
        *_expected_thumbnails([shown_thumbnail_key(image, size) for size in ThumbnailSize], image.derived),
    )


def find_expected(image: Image, key: str) -> ExpectedObject | None:
    """Return what must be under a key of the image; None when nothing must."""
    return next((expected for expected in expected_objects(image) if expected.key == key), None)


def object_prefixes(image_id: ImageId) -> tuple[str, ...]:
    """Return what the keys of all objects of an image, and of no other, begin with."""
    return (f"{image_id}.", f"thumbnails/{image_id}_", edited_prefix(image_id), variant_prefix(image_id))


def durable_image_id(key: str) -> ImageId | None:
    """Return the id of the image to which a durable object belongs; None for every other key."""
    if key.startswith("variants/"):
        return None
    try:
        return image_id_of_key(key)
    except NotFound:
        return None


def repair_entry(image_id: ImageId, backend: str, due: datetime) -> OutboxEntry:
    """Return what is owed to a store in which something is wrong: one entry, however often that is noticed."""
    payload = f"{image_id} {_THOROUGH}"
    entry_id = EntryId(hashlib.sha256(f"{backend} {payload}".encode()).hexdigest()[:32])
    return OutboxEntry(REPLICA, payload, due, backend, entry_id)


def parse_payload(payload: str) -> tuple[ImageId, bool]:
    """Return the image's id, and whether to be thorough, of an entry of kind REPLICA."""
    image_id, _, how = payload.partition(" ")
    return ImageId(image_id), how == _THOROUGH


def _expected_thumbnails(
    keys: Sequence[str], derived: Derived | None, *, is_fixed: bool = True
) -> Iterator[ExpectedObject]:
    """Yield what was made of a picture; nothing before it was."""
    if derived is not None:
        hashes = derived.thumbnail_sha256 or (None,) * len(keys)
        for key, byte_size, sha256 in zip(keys, derived.thumbnail_bytes, hashes, strict=True):
            yield ExpectedObject(key, byte_size, sha256, is_fixed)
