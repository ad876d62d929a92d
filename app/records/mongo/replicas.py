"""The replica records in MongoDB: inside the images' documents, so they go with them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.image import ImageId
from app.domain.replica import Replica, Scrub
from app.records.micros import from_micros, from_optional_micros, to_micros, to_optional_micros
from app.records.mongo.collections import Collections
from app.records.mongo.image_rows import KEPT, ImageRow, ReplicaPart
from app.records.mongo.images import change_image
from app.records.mongo.store_rows import ONLY
from app.records.mongo.tables import Update


@dataclass(frozen=True, slots=True)
class MongoReplicas:
    collections: Collections

    async def follow(self, primary: str, followers: Sequence[str]) -> None:
        names = {"primary": primary, "followers": list(followers)}
        await self.collections.stores.put({"_id": ONLY}, {"$set": names, "$setOnInsert": {"version": 0}})

    async def find_many(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Replica, ...]]:
        query = {"_id": {"$in": list(image_ids)}, "state": {"$in": list(KEPT)}}
        rows = await self.collections.images.find(query)
        return {ImageId(row.id): _replicas_of(row) for row in rows if row.replicas}

    async def put(self, replicas: Sequence[Replica]) -> None:
        by_image: defaultdict[ImageId, list[Replica]] = defaultdict(list)
        for replica in replicas:
            by_image[replica.image_id].append(replica)
        for image_id, known in by_image.items():

            def put(row: ImageRow, known: Sequence[Replica] = known) -> Update:
                parts = {part.backend: part for part in row.replicas}
                parts |= {new.backend: _part_of(new, parts.get(new.backend)) for new in known}
                return {"$set": {"replicas": [part.model_dump(mode="json") for part in parts.values()]}}

            await change_image(self.collections, image_id, put)

    async def scrub(self) -> Scrub | None:
        row = await self.collections.scrubs.get(ONLY)
        if row is None:
            return None
        return Scrub(from_micros(row.begun_at), None if row.after is None else ImageId(row.after))

    async def put_scrub(self, scrub: Scrub) -> None:
        place = {"begun_at": to_micros(scrub.begun_at), "after": scrub.after}
        await self.collections.scrubs.put({"_id": ONLY}, {"$set": place, "$setOnInsert": {"version": 0}})


def _part_of(replica: Replica, known: ReplicaPart | None) -> ReplicaPart:
    """Return what is known now; a time and a content identifier that are not given are those that were known."""
    checked_at = to_optional_micros(replica.checked_at)
    return ReplicaPart(
        backend=replica.backend,
        state=replica.state,
        checked_at=known.checked_at if checked_at is None and known else checked_at,
        error=replica.error,
        cid=known.cid if replica.cid is None and known else replica.cid,
    )


def _replicas_of(row: ImageRow) -> tuple[Replica, ...]:
    return tuple(
        Replica(
            image_id=ImageId(row.id),
            backend=part.backend,
            state=part.state,
            checked_at=from_optional_micros(part.checked_at),
            error=part.error,
            cid=part.cid,
        )
        for part in sorted(row.replicas, key=lambda part: part.backend)
    )
