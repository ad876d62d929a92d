"""The records of edits in MongoDB: inside the images' documents."""

from dataclasses import asdict, dataclass

from app.domain import policy
from app.domain.edit import decode_operations, encode_operations
from app.domain.edit_plan import EditPlan
from app.domain.errors import Conflict
from app.domain.flow import FlowEventKind
from app.domain.image import Image, ImageId, ImageState
from app.domain.job import Job, JobId, JobItem
from app.domain.webhook import WebhookEvent
from app.records.derived import derived_of_fields, edited_fields
from app.records.micros import now_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import merged, new_mark
from app.records.mongo.image_changes import make_debt, owing
from app.records.mongo.image_rows import KEPT, ImageRow, PlanDebt, PlanPart, StoresDebt, banded
from app.records.mongo.images import change_image, find_primary, outdated_replicas
from app.records.mongo.jobs import keep_job, new_job_rows
from app.records.mongo.tables import Update, raising_version


@dataclass(frozen=True, slots=True)
class MongoEdits:
    collections: Collections

    async def find_plan(self, image_id: ImageId) -> EditPlan | None:
        row = await self.collections.images.find_one({"_id": image_id, "state": {"$in": list(KEPT)}})
        if row is None or row.plan is None:
            return None
        return EditPlan(row.plan.revision, JobId(row.plan.job_id), decode_operations(row.plan.operations))

    async def plan(self, image_id: ImageId, plan: EditPlan, job: Job, item: JobItem) -> None:
        """Keep the plan, and owe its job: by one write. It is paid at once, and by the healer after a crash."""
        job_row, [item_row] = await new_job_rows(self.collections, job, (item,))
        debt = PlanDebt(id=new_mark(), at=now_micros(), job=job_row.dump(), item=item_row.dump())
        part = PlanPart(revision=plan.revision, job_id=plan.job_id, operations=encode_operations(plan.operations))
        kept: Update = {"$set": {"plan": part.model_dump()}, "$push": {"planned": debt.model_dump()}}
        last = {"plan.revision": plan.revision - 1} if plan.revision > 1 else {"plan": None}
        query = {"_id": image_id, "state": {"$in": list(KEPT)}, **last}
        row = await self.collections.images.change(query, raising_version(kept))
        if row is None:
            if not await self.collections.images.exists({"_id": image_id, "state": {"$in": list(KEPT)}}):
                raise policy.no_image(image_id)
            raise Conflict("The image is being edited by somebody else, too.", field=("id",))
        await pay_plans(self.collections, row)

    async def show(self, image: Image) -> None:
        primary = await find_primary(self.collections)
        derived = None if image.derived is None else asdict(image.derived)
        shown = {
            "state": ImageState.READY.value,
            "width": image.width,
            "height": image.height,
            "frame_count": image.frame_count,
            "derived": derived,
            "bands": banded(derived),
            "edited": None if image.edited is None else edited_fields(image.edited),
            "revision": image.revision,
        }

        def show(row: ImageRow) -> Update | None:
            if row.revision > image.revision:
                return None
            debts, replicas = _following(row, image, primary)
            return merged({"$set": shown}, debts, replicas)

        await change_image(self.collections, image.id, show)


def _following(row: ImageRow, image: Image, primary: str | None) -> tuple[Update, Update]:
    """Return what is owed when an image is shown anew, and what becomes of its replicas."""
    is_new, is_revised = row.state != ImageState.READY, row.revision != image.revision
    was = None if row.derived is None else derived_of_fields(row.derived)
    is_other = is_revised or was != image.derived
    if not is_new and not is_other:
        return {}, {}
    events = {WebhookEvent.IMAGE_READY: is_new, WebhookEvent.IMAGE_UPDATED: is_revised}
    debt = make_debt(
        FlowEventKind.CHANGED,
        row.flows,
        shown=int(row.state == ImageState.FAILED),
        events=[event for event, happened in events.items() if happened],
        stores=StoresDebt.FOLLOWERS if is_other else StoresDebt.NOTHING,
    )
    return owing(debt), outdated_replicas(row, primary) if is_other else {}


async def pay_plans(collections: Collections, row: ImageRow) -> None:
    """Keep the jobs by which what was planned is carried out."""
    for debt in row.planned:
        item = collections.job_items.model.model_validate(debt.item)
        await keep_job(collections, collections.jobs.model.model_validate(debt.job), (item,))
        paid = raising_version({"$pull": {"planned": {"id": debt.id}}})
        await collections.images.change({"_id": row.id, "planned.id": debt.id}, paid)
