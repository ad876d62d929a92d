"""Mutations of uploads."""

from __future__ import annotations

import strawberry

from app.domain.image import Image as DomainImage
from app.domain.image import ImageFormat, ImageId
from app.domain.rate import OperationClass
from app.domain.upload import UploadMetrics
from app.services.uploads import UploadRequest
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.scalars import BigInt
from schema.types.image import Image
from schema.types.job import Job
from schema.types.upload import Upload


@strawberry.input(description="What is about to be uploaded.")
class UploadInitInput:
    format: ImageFormat = strawberry.field(description="The format of the bytes.")
    byte_size: BigInt = strawberry.field(description="How many bytes there are, exactly.")
    name: str | None = strawberry.field(default=None, description="The title of the image.")
    flows: list[str] | None = strawberry.field(
        default=None, description="Where the image goes; `general` when not given. A missing flow is made."
    )
    sha256: str | None = strawberry.field(default=None, description="SHA-256 of the bytes, 64 hex digits.")
    client_type: str | None = strawberry.field(default=None, description="The kind of client that sends it.")
    tags: list[str] | None = strawberry.field(default=None, description="Words to find it by.")

    def to_domain(self) -> UploadRequest:
        return UploadRequest(
            format=self.format,
            byte_size=self.byte_size,
            name=self.name or "",
            flows=tuple(self.flows or ()),
            sha256=self.sha256,
            client_type=self.client_type,
            tags=tuple(self.tags or ()),
        )


@strawberry.type(description="A ticket, or the image that has these bytes already.")
class UploadInitPayload:
    upload: Upload | None = strawberry.field(default=None, description="Where to send the bytes.")
    duplicate_of: Image | None = strawberry.field(
        default=None, description="The viewer's own image that has these bytes already; then there is no ticket."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.input(description="Which upload has arrived.")
class UploadCompleteInput:
    image_id: strawberry.ID = strawberry.field(description="The id on the ticket.")
    flows: list[str] | None = strawberry.field(default=None, description="Flows beside those on the ticket.")
    metadata: strawberry.scalars.JSON | None = strawberry.field(
        default=None, description="Whatever the client wants to keep with the image: an object of at most 16 KiB."
    )


@strawberry.type(description="The job that works on the upload, and its image.")
class UploadCompletePayload:
    job: Job | None = strawberry.field(default=None, description="The job; watch it with `jobStatus`.")
    image: Image | None = strawberry.field(default=None, description="The image, PROCESSING.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.input(description="How long an upload took as its client saw it.")
class UploadMetricsInput:
    image_id: strawberry.ID = strawberry.field(description="The id on the ticket.")
    client_type: str | None = strawberry.field(default=None, description="The kind of client.")
    duration_ms: float = strawberry.field(description="From the choice of the file to the end, in milliseconds.")
    transfer_ms: float = strawberry.field(description="Of the PUT alone, in milliseconds.")


@strawberry.type(description="The upload that was reported on.")
class UploadMetricsPayload:
    image_id: strawberry.ID | None = strawberry.field(default=None, description="The id on the ticket.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class UploadMutations:
    @mutation(UploadInitPayload, "Announce an upload and get the address for its bytes.", OperationClass.UPLOAD)
    async def upload_init(self, info: Info, input: UploadInitInput) -> UploadInitPayload:
        result = await info.context.services.uploads.init(info.context.viewer, input.to_domain())
        if isinstance(result, DomainImage):
            return UploadInitPayload(duplicate_of=Image.from_domain(result))
        return UploadInitPayload(upload=Upload.from_domain(info, result))

    @mutation(
        UploadCompletePayload, "Say that the bytes have arrived, and start their processing.", OperationClass.UPLOAD
    )
    async def upload_complete(self, info: Info, input: UploadCompleteInput) -> UploadCompletePayload:
        job, image = await info.context.services.uploads.complete(
            info.context.viewer, input.image_id, flows=tuple(input.flows or ()), metadata=input.metadata
        )
        return UploadCompletePayload(job=Job.from_domain(job), image=Image.from_domain(image))

    @mutation(UploadMetricsPayload, "Tell how long an upload took.", OperationClass.UPLOAD)
    async def upload_metrics(self, info: Info, input: UploadMetricsInput) -> UploadMetricsPayload:
        metrics = UploadMetrics(
            image_id=ImageId(input.image_id),
            client_type=input.client_type,
            duration_ms=input.duration_ms,
            transfer_ms=input.transfer_ms,
        )
        await info.context.services.uploads.record_metrics(info.context.viewer, metrics)
        return UploadMetricsPayload(image_id=input.image_id)
