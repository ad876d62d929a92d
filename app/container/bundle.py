"""What the entries work with: every use case, and little beside."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from app.container.bus import Bus
from app.metering.prometheus import PrometheusMeter
from app.ports.mail import Mailer
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.services.audit import AuditService
from app.services.classification import ClassificationService
from app.services.edits import EditService
from app.services.flow_updates import FlowUpdateService
from app.services.flows import FlowService
from app.services.idempotency import IdempotencyService
from app.services.image_jobs import ImageJobService
from app.services.images import ImageService
from app.services.imports import ImportService
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.objects import ObjectService
from app.services.quotas import QuotaService
from app.services.rates import RateService
from app.services.reception import ReceptionService
from app.services.refused_sign_ins import RefusedSignIns
from app.services.replicas import ReplicaService
from app.services.saving import SavingService
from app.services.share_mails import ShareMailService
from app.services.share_pages import SharePageService
from app.services.shares import ShareService
from app.services.sign_in import SignInService
from app.services.tags import TagService
from app.services.uploads import UploadService
from app.services.variants import VariantService
from app.services.webhooks import WebhookService


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case, the parts that health checks look at, and what the entries sign with."""

    images: ImageService
    flows: FlowService
    flow_updates: FlowUpdateService
    uploads: UploadService
    reception: ReceptionService
    objects: ObjectService
    variants: VariantService
    replicas: ReplicaService
    jobs: JobService
    imports: ImportService
    edits: EditService
    image_jobs: ImageJobService
    classification: ClassificationService
    keys: KeyService
    quotas: QuotaService
    rates: RateService
    webhooks: WebhookService
    shares: ShareService
    share_mails: ShareMailService
    share_pages: SharePageService
    idempotency: IdempotencyService
    audit: AuditService
    refused_sign_ins: RefusedSignIns
    sign_in: SignInService
    mailer: Mailer | None
    records: Records
    blobs: BlobStore
    stores: Mapping[str, BlobStore]
    """Each store by itself, the primary first."""
    bus: Bus
    stopping: asyncio.Event
    """Set when this process is to end: nothing new is begun then, and streams end."""
    meter: PrometheusMeter
    signing_keys: tuple[str, ...]
    """The newest first."""
    new_admin_key: str | None
    """The admin key when it was made just now: the only time that it may be shown."""

    @property
    def tags(self) -> TagService:
        return TagService(self.records, self.images)

    @property
    def saving(self) -> SavingService:
        return SavingService(self.uploads, self.images)
