"""The upload records in MongoDB."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import AlreadyCompleted, Conflict, NotFound
from app.domain.image import Image, ImageId
from app.domain.job import Job, JobItem
from app.domain.quota import UNLIMITED, Quota, Usage
from app.domain.upload import Upload, UploadMetrics
from app.domain.viewer import UserId
from app.records.micros import now_micros, to_micros
from app.records.mongo.collections import Collections
from app.records.mongo.debts import new_mark
from app.records.mongo.images import MongoImages, keep_image, new_image_row
from app.records.mongo.jobs import keep_job, new_job_rows
from app.records.mongo.tables import Update, raising_version
from app.records.mongo.upload_rows import UploadDebt, UploadRow, upload_of, upload_row
from app.records.mongo.usage import count_images, read_usage, release, reserve_upload


@dataclass(frozen=True, slots=True)
class MongoUploads:
    collections: Collections

    async def find(self, image_id: ImageId) -> Upload | None:
        row = await self.collections.uploads.get(image_id)
        return None if row is None else upload_of(row)

    async def add(self, upload: Upload, quota: Quota = UNLIMITED) -> None:
        """Reserve room, keep the ticket, release the room: from then on the ticket holds it."""
        if quota != UNLIMITED:
            await reserve_upload(self.collections, upload, quota, upload.created_at, upload.expires_at)
        if not await self.collections.uploads.insert(upload_row(self.collections.uploads.model, upload)):
            raise Conflict(f"There is an upload {upload.image_id!r} already.")
        if quota != UNLIMITED:
            await release(self.collections, upload.owner_id, upload.image_id)

    async def renew(self, image_id: ImageId, at: datetime, expires_at: datetime, quota: Quota = UNLIMITED) -> None:
        expired = {"_id": image_id, "job_id": None, "expires_at": {"$lt": to_micros(at)}}
        row = await self.collections.uploads.find_one(expired)
        if row is None:
            return
        if quota != UNLIMITED:
            await reserve_upload(self.collections, upload_of(row), quota, at, expires_at)
        await self.collections.uploads.change(expired, raising_version({"$set": {"expires_at": to_micros(expires_at)}}))
        if quota != UNLIMITED:
            await release(self.collections, row.owner_id, image_id)

    async def usage(self, owner_id: UserId, at: datetime) -> Usage:
        return await read_usage(self.collections, owner_id, at)

    async def complete(self, image_id: ImageId, image: Image, flows: Sequence[str], job: Job, item: JobItem) -> Image:
        """Bind the job, and owe all else: by one write. It is paid at once, and by the healer after a crash."""
        row = await self.collections.uploads.get(image_id)
        if row is None:
            raise NotFound(f"There is no upload {image_id!r}.", field=("imageId",))
        debt = await self._debt_of(image, flows, job, item)
        bound: Update = {"$set": {"job_id": job.id}, "$push": {"owed": debt.model_dump(mode="json")}}
        open_upload = {"_id": image_id, "job_id": None}
        changed = await self.collections.uploads.change(open_upload, raising_version(bound))
        if changed is None:
            await self._refuse(image_id)
        else:
            await pay_upload(self.collections, changed)
        return (await MongoImages(self.collections).find_many((image.id,))).get(image.id, image)

    async def delete(self, image_id: ImageId) -> None:
        row = await self.collections.uploads.get(image_id)
        if row is not None:
            await pay_upload(self.collections, row)
            await self.collections.uploads.remove({"_id": image_id})

    async def delete_expired(self, before: datetime) -> Sequence[ImageId]:
        query = {"job_id": None, "expires_at": {"$lt": to_micros(before)}}
        expired = await self.collections.uploads.ids(query)
        removed = [await self.collections.uploads.remove({"_id": each, **query}) for each in expired]
        return tuple(ImageId(row.id) for row in removed if row is not None)

    async def add_metrics(self, metrics: UploadMetrics, at: datetime) -> None:
        row = self.collections.upload_metrics.model(
            id=new_mark(),
            image_id=metrics.image_id,
            client_type=metrics.client_type,
            duration_ms=metrics.duration_ms,
            transfer_ms=metrics.transfer_ms,
            at=to_micros(at),
        )
        await self.collections.upload_metrics.insert(row)

    async def _debt_of(self, image: Image, flows: Sequence[str], job: Job, item: JobItem) -> UploadDebt:
        image_row = await new_image_row(self.collections, image, flows, counted=0)
        job_row, [item_row] = await new_job_rows(self.collections, job, (item,))
        kept = {"image": image_row.dump(), "job": job_row.dump(), "item": item_row.dump()}
        return UploadDebt(id=new_mark(), at=now_micros(), **kept)

    async def _refuse(self, image_id: ImageId) -> None:
        """Raise what is wrong with an upload that is not open; what is owed for it is paid first."""
        row = await self.collections.uploads.get(image_id)
        if row is None:
            raise NotFound(f"There is no upload {image_id!r}.", field=("imageId",))
        await pay_upload(self.collections, row)
        raise AlreadyCompleted(
            f"The upload {image_id} was completed before, by the job {row.job_id}.",
            job_id=row.job_id or "",
            field=("imageId",),
        )


async def pay_upload(collections: Collections, row: UploadRow) -> None:
    """Keep the image and the job that a completed upload owes, and count the image instead of the ticket.

    Until it is counted, the ticket holds its room; then the owner's mark says that the ticket counts no more, until the
    ticket says so itself. So it is never counted twice, nor not at all.
    """
    for debt in row.owed:
        image = collections.images.model.model_validate(debt.image)
        if await collections.jobs.get(debt.job["_id"]) is None:
            await keep_image(collections, image)
        item = collections.job_items.model.model_validate(debt.item)
        await keep_job(collections, collections.jobs.model.model_validate(debt.job), (item,))
        mark = f"{debt.id}:{row.id}"

        async def find_owed(debt: UploadDebt = debt, mark: str = mark) -> Collection[str]:
            owed = {"_id": row.id, "owed.id": debt.id}
            return (mark,) if await collections.uploads.exists(owed) else ()

        await count_images(collections, ((image, mark, 1),), find_owed)
        paid: Update = {"$set": {"is_open": False}, "$pull": {"owed": {"id": debt.id}}}
        await collections.uploads.change({"_id": row.id, "owed.id": debt.id}, raising_version(paid))
        await collections.owners.change({"_id": row.owner_id}, {"$pull": {"taken": mark}})
