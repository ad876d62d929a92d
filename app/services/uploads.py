"""Uploads: a ticket, then bytes to the store, then a job."""

import logging
import re
from dataclasses import dataclass, replace
from datetime import timedelta

from app.domain import policy
from app.domain.errors import (
    AlreadyCompleted,
    DomainError,
    ForeignUpload,
    HashMismatch,
    InvalidImage,
    InvalidInput,
    NotFound,
    NotUploaded,
    SizeMismatch,
    TooLarge,
    TypeMismatch,
)
from app.domain.flow import clean_flow_names
from app.domain.image import (
    Image,
    ImageFormat,
    ImageId,
    ImageState,
    clean_tags,
    clean_title,
    is_image_id,
    new_image_id,
)
from app.domain.job import Job, JobItem, JobKind, Progress, new_job_id
from app.domain.quota import UNLIMITED, Quota
from app.domain.upload import (
    SignedUpload,
    Upload,
    UploadMetrics,
    check_format,
    clean_client_metadata,
    clean_client_type,
)
from app.domain.viewer import User, Viewer
from app.ports.imaging import Header, Imaging
from app.ports.meter import Meter
from app.ports.objects import BlobStore, ObjectStat, UploadSigner
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, ring_job
from app.services.admission import AdmissionService
from app.services.flows import FlowService
from app.services.metering import counts_upload

TICKET_LIFETIME = timedelta(minutes=15)
"""How long bytes may begin to arrive; S3 presigned URLs are held to the same."""

MAX_METRIC_MS = 86_400_000

_SHA256 = re.compile(r"[0-9a-f]{64}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a client announces; `byte_size` is exact, and None when it knows neither size nor type for sure."""

    format: ImageFormat
    byte_size: int | None
    name: str = ""
    flows: tuple[str, ...] = ()
    sha256: str | None = None
    client_type: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    upload: Upload
    target: SignedUpload

    @property
    def image_id(self) -> ImageId:
        return self.upload.image_id


@dataclass(frozen=True, slots=True)
class UploadService:
    records: Records
    blobs: BlobStore
    signer: UploadSigner
    imaging: Imaging
    bell: Bell
    flows: FlowService
    clock: Clock
    meter: Meter
    admission: AdmissionService
    max_bytes: int
    formats: tuple[ImageFormat, ...] = tuple(ImageFormat)
    quota: Quota = UNLIMITED

    @counts_upload("init")
    async def init(self, viewer: Viewer, request: UploadRequest) -> Ticket | Image:
        """Return where to PUT the bytes, or the viewer's own image that has these bytes already.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer or one of the flows.
            InvalidInput, UnsupportedFormat, TooLarge
            QuotaExceeded: It does not fit in beside what the viewer has, and has announced.
            QueueFull, RateLimited: Too many jobs wait for the bytes to be worth sending now.
        """
        user = policy.require_uploader(viewer)
        names = await self.flows.check_fillable(viewer, clean_flow_names(request.flows))
        upload = self.announce(user, replace(request, flows=names))
        if upload.sha256 is not None:
            duplicate = await self.records.images.find_by_sha256(user.id, upload.sha256)
            if duplicate is not None:
                return duplicate
        await self.admission.check(user.id)
        target = await self.blobs.sign_put(upload) or self.signer.sign_upload(upload)
        await self.records.uploads.add(upload, self.quota)
        return Ticket(upload, target)

    @counts_upload("complete")
    async def complete(
        self, viewer: Viewer, image_id: str, *, flows: tuple[str, ...] = (), metadata: object = None
    ) -> tuple[Job, Image]:
        """Take the uploaded bytes in and start the job that processes them.

        Bytes that are not what was announced are thrown away, and the ticket with them.

        Args:
            metadata: A JSON object that is kept with the image, or None.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer, the upload or one of the flows.
            InvalidInput: The metadata is no JSON object, or too long.
            NotUploaded, AlreadyCompleted: The upload is in another state.
            SizeMismatch, HashMismatch, TypeMismatch, InvalidImage: The bytes are not what was announced.
            QuotaExceeded: The ticket has expired, and others have taken the room that was held for it.
            QueueFull, RateLimited: Too many jobs wait; nothing changed, and the bytes are kept.
            Busy, Conflict, InsufficientStorage, StorageUnavailable: Nothing changed; try again.
        """
        policy.require_uploader(viewer)
        upload = await self._open_upload(viewer, image_id)
        added = clean_flow_names(flows) if flows else ()
        names = await self.flows.check_fillable(viewer, tuple(dict.fromkeys((*upload.flows, *added))))
        client_metadata = clean_client_metadata(metadata)
        await self.admission.check(upload.owner_id)
        staged = await self._find_bytes(upload)
        image = replace(await self._accept(upload, staged), client_metadata=client_metadata)
        job = self._new_job(upload, names)
        await self._keep(upload, staged, image)
        await self.flows.create_missing(names, upload.owner_id)
        kept = await self.records.uploads.complete(image.id, image, names, job, JobItem(job.id, 0, image.id))
        await self.bell.ring(WORK_TOPIC)
        await ring_job(self.bell, job)
        return job, kept

    async def record_metrics(self, viewer: Viewer, metrics: UploadMetrics) -> None:
        """Keep how long an upload took as its client saw it.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput
        """
        policy.require_uploader(viewer)
        await self._find_own(viewer, metrics.image_id)
        for name, value in (("durationMs", metrics.duration_ms), ("transferMs", metrics.transfer_ms)):
            if not 0 <= value <= MAX_METRIC_MS:
                raise InvalidInput(f"`{name}` is {value}; 0 to {MAX_METRIC_MS} are allowed.", field=(name,))
        await self.records.uploads.add_metrics(
            replace(metrics, client_type=clean_client_type(metrics.client_type)), self.clock()
        )

    def announce(self, user: User, request: UploadRequest) -> Upload:
        """Return a ticket that nobody knows of yet. Raises: InvalidInput, TooLarge."""
        check_format(request.format, self.formats)
        byte_size = self.max_bytes if request.byte_size is None else request.byte_size
        if byte_size < 1:
            raise InvalidInput("`byteSize` must be at least 1.", field=("byteSize",))
        if byte_size > self.max_bytes:
            raise TooLarge(
                f"The upload has {byte_size} bytes; at most {self.max_bytes} are allowed.", field=("byteSize",)
            )
        sha256 = request.sha256.lower() if request.sha256 is not None else None
        if sha256 is not None and not _SHA256.fullmatch(sha256):
            raise InvalidInput("`sha256` must be 64 hex digits.", field=("sha256",))
        now = self.clock()
        return Upload(
            image_id=new_image_id(),
            owner_id=user.id,
            format=request.format,
            byte_size=byte_size,
            title=clean_title(request.name),
            flows=request.flows,
            tags=clean_tags(request.tags),
            sha256=sha256,
            client_type=clean_client_type(request.client_type),
            created_at=now,
            expires_at=now + TICKET_LIFETIME,
            is_exact=request.byte_size is not None,
        )

    def _new_job(self, upload: Upload, flows: tuple[str, ...]) -> Job:
        return Job(
            id=new_job_id(),
            kind=JobKind.UPLOADED,
            owner_id=upload.owner_id,
            flows=flows,
            client_type=upload.client_type,
            created_at=self.clock(),
            progress=Progress(total=1),
        )

    async def _find_own(self, viewer: Viewer, image_id: str) -> Upload:
        upload = await self.records.uploads.find(ImageId(image_id)) if is_image_id(image_id) else None
        if upload is None or not policy.is_owner(viewer, upload.owner_id):
            kind = NotFound if upload is None else ForeignUpload
            raise kind(f"There is no upload {image_id[:80]!r}.", field=("imageId",))
        return upload

    async def _open_upload(self, viewer: Viewer, image_id: str) -> Upload:
        upload = await self._find_own(viewer, image_id)
        if upload.job_id is not None:
            raise AlreadyCompleted(
                f"The upload {image_id} was completed before, by the job {upload.job_id}.",
                job_id=upload.job_id,
                field=("imageId",),
            )
        now = self.clock()
        if upload.expires_at < now:
            await self.records.uploads.renew(upload.image_id, now, now + TICKET_LIFETIME, self.quota)
        return upload

    async def _accept(self, upload: Upload, staged: ObjectStat) -> Image:
        """Check the bytes against the announcement and return the image that they are."""
        try:
            check_size(upload, staged.byte_size)
            async with self.blobs.local_file(staged.key) as path:
                header = await self.imaging.inspect(path)
            check_announced(upload, header)
        except (InvalidImage, SizeMismatch, HashMismatch, TypeMismatch) as error:
            log.info("upload refused", extra={"image_id": upload.image_id, "code": error.code})
            await self._discard(upload, staged.key)
            raise at_field(error, "imageId") from error
        return Image(
            id=upload.image_id,
            owner_id=upload.owner_id,
            title=upload.title,
            state=ImageState.PROCESSING,
            format=header.format,
            width=header.width,
            height=header.height,
            byte_size=header.byte_size,
            sha256=header.sha256,
            frame_count=header.frame_count,
            created_at=self.clock(),
            client_type=upload.client_type,
            tags=upload.tags,
        )

    async def _find_bytes(self, upload: Upload) -> ObjectStat:
        """Return what the bytes are: staged, or in their final place when a crash cut an earlier call short."""
        for key in upload.possible_keys:
            if (stat := await self.blobs.find(key)) is not None:
                return stat
        raise NotUploaded(f"The bytes of {upload.image_id} have not arrived yet.", field=("imageId",))

    async def _keep(self, upload: Upload, staged: ObjectStat, image: Image) -> None:
        """Move what was inspected, and nothing else, to its final place."""
        etag = staged.etag if staged.key == upload.staging_key else None
        await self.blobs.move(upload.staging_key, image.original_key, etag=etag, sha256=image.sha256)

    async def _discard(self, upload: Upload, key: str) -> None:
        await self.records.uploads.delete(upload.image_id)
        await self.blobs.delete(key)


def check_size(upload: Upload, byte_size: int) -> None:
    """Raises: SizeMismatch."""
    if byte_size != upload.byte_size and (upload.is_exact or byte_size > upload.byte_size):
        raise SizeMismatch(f"{byte_size} bytes came; {upload.byte_size} were announced.")


def check_announced(upload: Upload, header: Header) -> None:
    """Compare what came with what was announced.

    Raises:
        SizeMismatch, HashMismatch, TypeMismatch
    """
    check_size(upload, header.byte_size)
    if upload.sha256 is not None and header.sha256 != upload.sha256:
        raise HashMismatch(f"The bytes have the SHA-256 {header.sha256}; {upload.sha256} was announced.")
    if upload.is_exact and header.format is not upload.format:
        raise TypeMismatch(f"The bytes are {header.format}; {upload.format} was announced.")


def at_field(error: DomainError, name: str) -> DomainError:
    """Return the error as one about an input field."""
    return type(error)(error.message, field=(name,))
