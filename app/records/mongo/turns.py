"""Turns: how the users of the queue come to their right; see the twin in `sqlite`.

Jobs of one user that come at the same moment may get the same turns, and then share them.
"""

from app.domain.job import JobState
from app.records.mongo.collections import Collections
from app.records.mongo.job_rows import STAGED


async def next_turn(collections: Collections, priority: int, owner_id: str) -> int:
    """Return the turn of the next item that an owner queues."""
    served = await collections.served_turns.get(str(priority))
    queued = {"$in": [JobState.QUEUED.value, STAGED]}
    query = {"owner_id": owner_id, "priority": priority, "state": queued}
    newest = await collections.job_items.project(query, {"turn": 1}, sort=[("turn", -1)], limit=1)
    return max(served.turn if served else 0, newest[0]["turn"] + 1 if newest else 0)


async def serve_turn(collections: Collections, priority: int, turn: int) -> None:
    """Note the turn of an item that was claimed. It never goes back: what is tried again has an older one."""
    served = {"$max": {"turn": turn}, "$setOnInsert": {"version": 0}}
    await collections.served_turns.put({"_id": str(priority)}, served)
