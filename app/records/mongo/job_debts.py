"""What must follow a change of a job: at its items, at their images, among its owner's changes, and for webhooks.

Every step may be done again: items move only from the states that they are to leave, each once a round.
"""

from collections.abc import Awaitable, Callable, Sequence

from app.domain.image import ImageState
from app.domain.job import PRIORITIES, EventKind, JobState, JobStep
from app.domain.webhook import WebhookEvent
from app.records.micros import now_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged, new_mark
from app.records.mongo.image_changes import OWING, move_image
from app.records.mongo.job_changes import note_change
from app.records.mongo.job_events import Line, append, spill
from app.records.mongo.job_rows import STAGED, DebtKind, ItemRow, JobDebt, JobRow
from app.records.mongo.tables import CHUNK, Update
from app.records.mongo.turns import next_turn
from app.records.mongo.webhook_events import Happening, tell_webhooks

OPEN_STATES = [STAGED, JobState.QUEUED.value, JobState.RUNNING.value]


def make_debt(kind: DebtKind, at: int | None = None) -> JobDebt:
    """Return the debt of a change that is made now, or is told to be made at a time."""
    return JobDebt(id=new_mark(), at=at or now_micros(), kind=kind)


def owing(*debts: JobDebt) -> Update:
    """Return the part of an update that writes debts down."""
    return {"$push": {"owed": {"$each": [debt.model_dump(mode="json") for debt in debts]}}}


def ending(at: int, state: JobState, *, done: int, failed: int) -> JobDebt:
    """Return the debt of a job that ended."""
    event = WebhookEvent(f"JOB_{state}")
    return JobDebt(id=new_mark(), at=at, kind=DebtKind.CHANGED, event=event, done=done, failed=failed)


async def pay_job(collections: Collections, job: JobRow, *, forget: Sequence[str] = ()) -> None:
    """Pay all that a job owes, in the order in which it came to be owed.

    Args:
        forget: Marks of debts that are no longer owed to the job.
    """
    for debt in job.owed:
        await _PAYERS[debt.kind](collections, job, debt)
    paid = {"id": {"$in": [debt.id for debt in job.owed]}}
    if job.owed or forget:
        update = {"$pull": {"owed": paid, "taken": {"$in": list(forget)}}}
        job_now = await collections.jobs.change({"_id": job.id}, update)
        await spill(collections, job_now)


async def _release(collections: Collections, job: JobRow, _: JobDebt) -> None:
    released = {"$set": {"state": JobState.QUEUED.value, "not_before": job.created_at}}
    await collections.job_items.change_all({"job_id": job.id, "state": STAGED}, released)


async def _tell(collections: Collections, job: JobRow, debt: JobDebt) -> None:
    await note_change(collections, job.owner_id, job.id)
    if debt.event is not None:
        counts = {"total": job.total, "done": debt.done, "failed": debt.failed}
        happening = Happening(debt.id, debt.at, debt.event, {"jobId": job.id, "kind": job.kind.value, **counts})
        await tell_webhooks(collections, job.owner_id, (happening,))


async def _cancel(collections: Collections, job: JobRow, debt: JobDebt) -> None:
    """Cancel what has not ended, and what ended so late that the job did not count it."""
    cancelled = {"$set": {"state": JobState.CANCELLED.value, "lease_until": None}}
    await collections.job_items.change_all({"job_id": job.id, "state": {"$in": OPEN_STATES}}, cancelled)
    now = await collections.jobs.get(job.id)
    for item in await collections.job_items.find({"job_id": job.id, **OWING}):
        for owed in item.owed:
            if now is not None and owed.id not in now.taken:
                await refuse(collections, item, owed.id, ended=owed.settles is not None)
    query = {"job_id": job.id, "state": JobState.CANCELLED.value, "takes_in": True}
    items = await collections.job_items.project(query, {"image_id": 1})
    await _move_images(
        collections, job, debt, [item["image_id"] for item in items], (ImageState.PROCESSING, ImageState.FAILED)
    )


async def refuse(collections: Collections, item: ItemRow, mark: str, *, ended: bool) -> None:
    """Let an item forget what its job, which was cancelled, did not take; had it ended by that, it is cancelled."""
    forget: Update = {"$pull": {"owed": {"id": mark}}}
    cancelled: Update = {"$set": {"state": JobState.CANCELLED.value, "error": None}}
    update = merged(forget, cancelled) if ended else forget
    await collections.job_items.change({"_id": item.id, "owed.id": mark}, update)


async def _requeue(collections: Collections, job: JobRow, debt: JobDebt) -> None:
    """Queue the failed items anew, each told by a line with its error, some at a time."""
    query = {"job_id": job.id, "state": JobState.FAILED.value, "round": {"$lt": debt.round}}
    while items := await collections.job_items.find(query, sort=[("position", 1)], limit=CHUNK):
        if not await _append_retries(collections, job, debt, items):
            return
        image_ids = [item.image_id for item in items if item.takes_in]
        await _move_images(collections, job, debt, image_ids, (ImageState.FAILED, ImageState.PROCESSING))
        turn = await next_turn(collections, PRIORITIES[job.kind], job.owner_id)
        for place, item in enumerate(items):
            queued = {"state": JobState.QUEUED.value, "attempts": 0, "error": None, "claimed_until": None}
            queued |= {"not_before": debt.at, "turn": turn + place, "round": debt.round}
            await collections.job_items.change({**query, "_id": item.id}, {"$set": queued})


async def _append_retries(collections: Collections, job: JobRow, debt: JobDebt, items: Sequence[ItemRow]) -> bool:
    """Append the lines, if they are not there yet; False when the debt was paid meanwhile."""
    mark = f"{debt.id}:{items[0].position}"
    lines = [Line(JobStep.RETRY, EventKind.OK, item.position, item.image_id, item.error) for item in items]

    def plan(row: JobRow) -> Update | None:
        if mark in row.taken or all(owed.id != debt.id for owed in row.owed):
            return None
        return merged(append(row, debt.at, lines), {"$push": {"taken": mark}})

    row = await collections.jobs.revise(job.id, plan)
    await spill(collections, row)
    return row is not None and any(owed.id == debt.id for owed in row.owed)


async def _move_images(
    collections: Collections,
    job: JobRow,
    debt: JobDebt,
    image_ids: Sequence[str],
    states: tuple[ImageState, ImageState],
) -> None:
    """Give images that are in the first state the second one."""

    async def is_owed() -> bool:
        return await collections.jobs.exists({"_id": job.id, "owed.id": debt.id})

    old, new = states
    for start in range(0, len(image_ids), CHUNK):
        chunk = list(image_ids[start : start + CHUNK])
        for image_id in await collections.images.ids({"_id": {"$in": chunk}, "state": old.value}):
            await move_image(collections, image_id, old, new, is_owed)


_PAYERS: dict[DebtKind, Callable[[Collections, JobRow, JobDebt], Awaitable[None]]] = {
    DebtKind.RELEASE: _release,
    DebtKind.CHANGED: _tell,
    DebtKind.CANCEL: _cancel,
    DebtKind.REQUEUE: _requeue,
}
