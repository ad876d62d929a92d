"""Leases: an item belongs to one worker for a while, and what an older claim writes is refused.

A claim holds while its item is running under the same attempt. Attempts are counted anew by a retry and
one less by a put-back, so a claim from before is known also by ending before the one that holds the item.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.errors import LeaseLost
from app.domain.job import PRIORITIES, Claim, EventKind, ItemError, JobKind, JobStep
from app.domain.origin import MAX_AT_ONE_HOST
from app.records.sqlite.connection import Transaction, Value
from app.records.sqlite.job_events import Line, append
from app.records.sqlite.job_rows import item_of, job_of
from app.records.sqlite.rows import to_micros
from app.records.sqlite.turns import serve_turn

LOOKED_AT = 100
"""Due items at the head of the queue that a claim looks at when their hosts are busy. Each user's next item is there,
so this holds up nobody but who has so many for one host."""

_IN_TURN = "ORDER BY turn, not_before, job_id, position LIMIT"

_CLAIM_ITEM = f"""
UPDATE job_items SET state = 'RUNNING', attempts = attempts + 1, lease_until = ?1, claimed_until = ?1
WHERE (job_id, position) = (
  SELECT job_id, position FROM (
    SELECT turn, not_before, job_id, position, host FROM job_items
    WHERE state = 'QUEUED' AND priority = ?2 AND not_before <= ?3 {_IN_TURN} {LOOKED_AT}
  ) AS head
  WHERE host IS NULL OR host NOT IN (
    SELECT host FROM job_items WHERE state = 'RUNNING' AND host IS NOT NULL GROUP BY host HAVING count(*) >= ?4
  )
  {_IN_TURN} 1
) RETURNING *
"""  # noqa: S608 - own text only

_START_JOB = """
UPDATE jobs SET state = 'RUNNING', started_at = coalesce(started_at, ?) WHERE id = ? RETURNING *
"""

HELD = "job_id = ? AND position = ? AND state = 'RUNNING' AND attempts = ? AND claimed_until <= ?"
"""The condition that a claim holds its item; `write_held` fills in its parameters."""

_RENEW = f"UPDATE job_items SET lease_until = ? WHERE {HELD} RETURNING position"  # noqa: S608 - own text only

_IS_HELD = f"SELECT position FROM job_items WHERE {HELD}"  # noqa: S608 - own text only

_PUT_BACK = f"""
UPDATE job_items SET state = 'QUEUED', attempts = attempts - ?, not_before = ?, lease_until = NULL, claimed_until = NULL
WHERE {HELD} RETURNING position
"""  # noqa: S608 - own text only


async def claim_item(transaction: Transaction, now: datetime, lease_s: float, kinds: Sequence[JobKind]) -> Claim | None:
    """Lease the item whose turn it is, of the first kind that has one.

    Each kind is looked up by itself, along the index. What is passed over there is not due yet: what failed lately.
    """
    lease_until = now + timedelta(seconds=lease_s)
    for kind in kinds:
        values = (to_micros(lease_until), PRIORITIES[kind], to_micros(now), MAX_AT_ONE_HOST)
        item = await transaction.fetch_one(_CLAIM_ITEM, values)
        if item is not None:
            await serve_turn(transaction, item["priority"], item["turn"])
            [job] = await transaction.fetch(_START_JOB, (to_micros(now), item["job_id"]))
            return Claim(job_of(job), item_of(item), lease_until)
    return None


async def renew_lease(transaction: Transaction, claim: Claim, now: datetime, lease_s: float) -> None:
    lease_until = to_micros(now + timedelta(seconds=lease_s))
    await write_held(transaction, claim, _RENEW, lease_until)


async def record_step(transaction: Transaction, claim: Claim, step: JobStep, at: datetime) -> None:
    await write_held(transaction, claim, _IS_HELD)
    await append(transaction, claim.item.job_id, at, Line(step, EventKind.OK, claim.item))


async def put_back(
    transaction: Transaction, claim: Claim, due: datetime, error: ItemError | None, at: datetime
) -> None:
    await write_held(transaction, claim, _PUT_BACK, 1 if error is None else 0, to_micros(due))
    if error is not None:
        await append(transaction, claim.item.job_id, at, Line(JobStep.RETRY, EventKind.OK, claim.item, error))


async def write_held(transaction: Transaction, claim: Claim, sql: str, *values: Value) -> None:
    """Run a statement that ends with HELD and returns a row when the claim holds.

    Raises:
        LeaseLost: It does not hold.
    """
    item = claim.item
    holder = (item.job_id, item.position, item.attempts, to_micros(claim.lease_until))
    if await transaction.fetch_one(sql, (*values, *holder)) is None:
        raise LeaseLost(f"The lease of item {item.position} of {item.job_id} was lost.")
