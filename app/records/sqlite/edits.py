"""The records of edits in SQLite."""

from dataclasses import dataclass

import orjson

from app.domain import policy
from app.domain.edit import decode_operations, encode_operations
from app.domain.edit_plan import EditPlan
from app.domain.errors import Conflict
from app.domain.image import Image, ImageId
from app.domain.job import Job, JobId, JobItem
from app.records.sqlite.connection import Database
from app.records.sqlite.image_rows import derived_json, edited_json
from app.records.sqlite.jobs import insert_job

_PLAN = """
UPDATE images SET edit_plan = ? WHERE id = ? AND coalesce(json_extract(edit_plan, '$.revision'), 0) = ? RETURNING id
"""

_SHOW = """
UPDATE images SET state = 'READY', width = ?, height = ?, frame_count = ?, derived = ?, edited = ?, revision = ?
WHERE id = ? AND revision <= ?
"""


@dataclass(frozen=True, slots=True)
class SqliteEdits:
    database: Database

    async def find_plan(self, image_id: ImageId) -> EditPlan | None:
        row = await self.database.read_one("SELECT edit_plan FROM images WHERE id = ?", (image_id,))
        return None if row is None or row["edit_plan"] is None else _plan_of(row["edit_plan"])

    async def plan(self, image_id: ImageId, plan: EditPlan, job: Job, item: JobItem) -> None:
        async with self.database.transaction() as transaction:
            planned = await transaction.fetch_one(_PLAN, (_plan_json(plan), image_id, plan.revision - 1))
            if planned is None:
                if await transaction.fetch_one("SELECT 1 FROM images WHERE id = ?", (image_id,)) is None:
                    raise policy.no_image(image_id)
                raise Conflict("The image is being edited by somebody else, too.", field=("id",))
            await insert_job(transaction, job, (item,))

    async def show(self, image: Image) -> None:
        values = (
            image.width,
            image.height,
            image.frame_count,
            None if image.derived is None else derived_json(image.derived),
            None if image.edited is None else edited_json(image.edited),
            image.revision,
        )
        async with self.database.transaction() as transaction:
            await transaction.fetch(_SHOW, (*values, image.id, image.revision))


def _plan_json(plan: EditPlan) -> str:
    values = {"revision": plan.revision, "job_id": plan.job_id, "operations": encode_operations(plan.operations)}
    return orjson.dumps(values).decode()


def _plan_of(text: str) -> EditPlan:
    values = orjson.loads(text)
    return EditPlan(values["revision"], JobId(values["job_id"]), decode_operations(values["operations"]))
