"""The records of what each store holds."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.image import ImageId
from app.domain.replica import Replica, Scrub


class ReplicaRecords(Protocol):
    """What is known of images in stores, and the outbox entries that keep the stores alike.

    While there are followers, these put an outbox entry of kind REPLICA, together with the change, whoever makes it:
    an image that is added, and one whose derived things change, for each follower; one that is deleted for each
    follower and for the primary. The entry's lane is the store, its payload the image's id.

    What is known of an image's derived things in any store but the primary is PENDING once they change. All that is
    known of an image is forgotten together with it.
    """

    async def follow(self, primary: str, followers: Sequence[str]) -> None:
        """Name the stores from now on: it is called at each start."""
        ...

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Replica, ...]]:
        """Return what is known, by the names of the stores; images of which nothing is known are left out."""
        ...

    async def put(self, replicas: Sequence[Replica]) -> None:
        """Keep what is known, over what was; nothing for an image that is gone.

        A `checked_at` and a `cid` of None leave those that were known.
        """
        ...

    async def scrub(self) -> Scrub | None:
        """Return how far the look through all images has come; None before the first."""
        ...

    async def put_scrub(self, scrub: Scrub) -> None: ...
