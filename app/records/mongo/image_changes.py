"""Changes of images, and what they entail: lines in the logs of flows, counts, and outbox entries for webhooks.

An image's document changes together with a debt (see `debts`) that says what must follow. Whoever changed it pays
before it answers; after a crash in between the healer does, and so does whoever changes the image next. An image that
is deleted stays as a document that nobody sees until all is paid.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence

from app.domain.flow import FlowEventKind
from app.domain.image import ImageState
from app.domain.webhook import WebhookEvent
from app.records.micros import now_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import forget_marks, new_mark
from app.records.mongo.flow_events import Entry, tell_flow
from app.records.mongo.image_rows import DELETED, ImageDebt, ImageRow, StoresDebt
from app.records.mongo.store_events import tell_stores
from app.records.mongo.tables import CHUNK, Patience, Update, raising_version
from app.records.mongo.tag_counts import count_tags
from app.records.mongo.usage import count_images
from app.records.mongo.webhook_events import Happening, tell_webhooks

Owed = tuple[ImageRow, ImageDebt]


def make_debt(
    kind: FlowEventKind,
    flows: Sequence[str] | None,
    *,
    shown: int = 0,
    counted: int = 0,
    events: Sequence[WebhookEvent] = (),
    stores: StoresDebt = StoresDebt.NOTHING,
) -> ImageDebt:
    """Return the debt of a change that is made now."""
    told = None if flows is None else list(flows)
    return ImageDebt(
        id=new_mark(),
        at=now_micros(),
        kind=kind,
        flows=told,
        shown=shown,
        counted=counted,
        events=list(events),
        stores=stores,
    )


def owing(debt: ImageDebt) -> Update:
    """Return the part of an update that writes the debt down."""
    return {"$push": {"owed": debt.model_dump(mode="json")}}


async def move_image(
    collections: Collections,
    image_id: str,
    old: ImageState,
    new: ImageState,
    is_owed: Callable[[], Awaitable[bool]],
) -> None:
    """Give an image that is in one state another one, if that is still owed; nothing when it is in none or another."""
    patience = Patience()
    while True:
        row = await collections.images.get(image_id)
        if row is None or row.state != old or not await is_owed():
            return
        shown = int(old is ImageState.FAILED) - int(new is ImageState.FAILED)
        events = (WebhookEvent.IMAGE_FAILED,) if new is ImageState.FAILED else ()
        debt = make_debt(FlowEventKind.CHANGED, row.flows, shown=shown, events=events)
        update = raising_version({"$set": {"state": new.value}, **owing(debt)})
        if await collections.images.change({"_id": image_id, "version": row.version}, update) is not None:
            await pay_images(collections, (image_id,))
            return
        await patience.rest()


async def pay_images(collections: Collections, image_ids: Sequence[str]) -> None:
    """Pay all that is owed for images, in the order in which it came to be owed."""
    for start in range(0, len(image_ids), CHUNK):
        await _pay(collections, image_ids[start : start + CHUNK])


async def _pay(collections: Collections, image_ids: Sequence[str]) -> None:
    found = {row.id: row for row in await collections.images.find({"_id": {"$in": list(image_ids)}, **OWING})}
    rows = [found[image_id] for image_id in dict.fromkeys(image_ids) if image_id in found]
    owed = [(row, debt) for row in rows for debt in row.owed]
    if not owed:
        return

    async def find_owed() -> set[str]:
        query = {"_id": {"$in": [row.id for row in rows]}, **OWING}
        found = await collections.images.project(query, {"owed.id": 1})
        return {f"{debt['id']}:{row['_id']}" for row in found for debt in row["owed"]}

    flow_ids = await _tell_flows(collections, owed, find_owed)
    counted = [(row, _mark(row, debt), debt.counted) for row, debt in owed if debt.counted]
    await count_images(collections, counted, find_owed)
    tag_ids = await count_tags(collections, [(row, debt, _mark(row, debt)) for row, debt in owed], find_owed)
    await _tell_webhooks(collections, owed)
    await tell_stores(collections, [(row.id, _mark(row, debt), debt) for row, debt in owed])
    await _forget(collections, owed)
    marks = [_mark(row, debt) for row, debt in owed]
    await forget_marks(collections.flows, flow_ids, marks)
    await forget_marks(collections.owners, {row.owner_id for row, _, _ in counted}, marks)
    await forget_marks(collections.tag_counts, tag_ids, marks)


async def _tell_flows(
    collections: Collections, owed: Sequence[Owed], find_owed: Callable[[], Awaitable[Collection[str]]]
) -> list[str]:
    """Tell flows of images, and return their ids; images leave those that are gone."""
    flows: dict[str, list[Entry]] = defaultdict(list)
    for row, debt in owed:
        for flow_id in row.flows if debt.flows is None else debt.flows:
            flows[flow_id].append(Entry(_mark(row, debt), debt.at, debt.kind, row.id, debt.shown))
    for flow_id, entries in flows.items():
        if not await tell_flow(collections, flow_id, entries, find_owed):
            await leave_flow(collections, flow_id, [row.id for row, _ in owed])
    return list(flows)


async def leave_flow(collections: Collections, flow_id: str, image_ids: Sequence[str] | None = None) -> None:
    """Take images, or all, out of a flow that is gone: nobody is told."""
    query = {"flows": flow_id} if image_ids is None else {"_id": {"$in": list(image_ids)}, "flows": flow_id}
    await collections.images.change_all(query, raising_version({"$pull": {"flows": flow_id}}))


async def _tell_webhooks(collections: Collections, owed: Sequence[Owed]) -> None:
    by_owner: dict[str, list[Happening]] = defaultdict(list)
    for row, debt in owed:
        by_owner[row.owner_id] += [
            Happening(f"{_mark(row, debt)}:{event}", debt.at, event, {"imageId": row.id}) for event in debt.events
        ]
    for owner_id, happenings in by_owner.items():
        if happenings:
            await tell_webhooks(collections, owner_id, happenings)


async def _forget(collections: Collections, owed: Sequence[Owed]) -> None:
    """Forget what was paid, and images for which nothing else is left to do."""
    deleted = [row.id for row, _ in owed if row.state == DELETED]
    kept = [row.id for row, _ in owed if row.state != DELETED]
    if deleted:
        await collections.color_reports.remove_all({"image_id": {"$in": deleted}})
        await collections.images.remove_all({"_id": {"$in": deleted}, "state": DELETED})
    if kept:
        paid = {"id": {"$in": list({debt.id for _, debt in owed})}}
        await collections.images.change_all({"_id": {"$in": kept}}, {"$pull": {"owed": paid}})


OWING = {"owed.at": {"$gt": 0}}
"""Documents that owe something."""


def _mark(row: ImageRow, debt: ImageDebt) -> str:
    """Return a name of what is owed for one image: many may have been changed by one write."""
    return f"{debt.id}:{row.id}"
