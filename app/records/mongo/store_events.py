"""Outbox entries that keep the stores alike, made when the debt of a change is paid.

Their ids follow from the debt, so paying it twice makes them once; to bring a store into line again changes nothing.
"""

import hashlib
from collections.abc import Sequence

from app.domain.replica import REPLICA
from app.records.mongo.collections import Collections
from app.records.mongo.image_rows import ImageDebt, StoresDebt
from app.records.mongo.store_rows import ONLY


async def tell_stores(collections: Collections, owed: Sequence[tuple[str, str, ImageDebt]]) -> None:
    """Put an entry into the outbox for each store that a change of an image concerns.

    Args:
        owed: The image's id, the name of what is owed for it, and what that is.
    """
    owed = [each for each in owed if each[2].stores is not StoresDebt.NOTHING]
    stores = await collections.stores.get(ONLY) if owed else None
    if stores is None or not stores.followers:
        return
    concerned = {
        StoresDebt.FOLLOWERS: stores.followers,
        StoresDebt.ALL: [stores.primary, *stores.followers],
    }
    await collections.outbox.insert_missing(
        collections.outbox.model(
            id=hashlib.sha256(f"{mark} {backend}".encode()).hexdigest()[:32],
            kind=REPLICA,
            lane=backend,
            payload=image_id,
            due_at=debt.at,
        )
        for image_id, mark, debt in owed
        for backend in concerned[debt.stores]
    )
