"""Turns: how the users of the queue come to their right.

In each turn every user has one item of each kind of work. Whoever comes when turn 70 is being served gets that one, and
those after it, behind what the same user has queued already. This is start-time fair queueing (Goyal, Vin and Cheng,
SIGCOMM 1996) with items of equal length.
"""

from app.domain.job import PRIORITIES, Job
from app.records.sqlite.connection import Transaction

_NEXT = """
SELECT max(
  coalesce((SELECT turn FROM served_turns WHERE priority = ?1), 0),
  coalesce((
    SELECT turn + 1 FROM job_items WHERE state = 'QUEUED' AND owner_id = ?2 AND priority = ?1 ORDER BY turn DESC LIMIT 1
  ), 0)
) AS turn
"""

_SERVE = """
INSERT INTO served_turns (priority, turn) VALUES (?, ?)
ON CONFLICT (priority) DO UPDATE SET turn = excluded.turn WHERE excluded.turn > turn
"""


async def next_turn(transaction: Transaction, job: Job) -> int:
    """Return the turn of the next item that the owner of a job queues."""
    row = await transaction.fetch_one(_NEXT, (PRIORITIES[job.kind], job.owner_id))
    return int(row["turn"]) if row else 0


async def serve_turn(transaction: Transaction, priority: int, turn: int) -> None:
    """Note the turn of an item that was claimed. It never goes back: what is tried again has an older one."""
    await transaction.fetch(_SERVE, (priority, turn))
