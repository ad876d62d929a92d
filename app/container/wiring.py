"""The services, each given the adapters that it needs."""

from app.blobs.locks import FileLocks
from app.container.bundle import Services
from app.container.limits import mail_limits_of, quota_of, wire_admission, wire_idempotency, wire_rates
from app.container.parts import Parts, now, overlays_of
from app.container.stores import ipfs_gateway_url
from app.data_dir import DataDir
from app.domain.edit_sizes import SizeLimits
from app.services.admission import AdmissionService
from app.services.audit import AuditService
from app.services.classification import ClassificationService
from app.services.edits import EditService
from app.services.flow_updates import FlowUpdateService
from app.services.flows import FlowService
from app.services.image_jobs import ImageJobService
from app.services.images import ImageService
from app.services.imports import ImportService
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.label_rules import LabelRuleService
from app.services.objects import ObjectService
from app.services.presets import Presets
from app.services.quotas import QuotaService
from app.services.reception import ReceptionService
from app.services.refused_sign_ins import RefusedSignIns
from app.services.replicas import ReplicaService
from app.services.share_mails import ShareMailService
from app.services.share_pages import SharePageService
from app.services.shares import ShareService
from app.services.sign_in import SignInService
from app.services.tails import Tails
from app.services.uploads import UploadService
from app.services.variants import VariantService
from app.services.webhooks import WebhookService
from app.settings import Settings


def wire_services(
    settings: Settings, parts: Parts, images: ImageService, flows: FlowService, keys: KeyService, new_key: str | None
) -> Services:
    records, blobs, signer, bell = parts.records, parts.blobs, parts.signer, parts.bell
    variants, admission = _wire_variants(settings, parts), wire_admission(settings, parts)
    return Services(
        images=images,
        flows=flows,
        flow_updates=FlowUpdateService(records, now, Tails(bell)),
        uploads=_wire_uploads(settings, parts, flows),
        reception=ReceptionService(records=records, blobs=blobs, verifier=signer, clock=now, meter=parts.meter),
        objects=ObjectService(records, blobs, signer, holds_back=bool(settings.plugins)),
        variants=variants,
        replicas=ReplicaService(records, parts.stores.by_name, ipfs_gateway_url(settings)),
        jobs=JobService(records, bell, now, admission, Tails(bell)),
        imports=ImportService(records, bell, flows, now, admission, settings.local_roots),
        edits=_wire_edits(settings, parts, images, flows),
        image_jobs=ImageJobService(records, images, bell, now, admission),
        classification=_wire_classification(parts, images, admission),
        keys=keys,
        idempotency=wire_idempotency(settings, parts),
        audit=AuditService(records, now),
        refused_sign_ins=RefusedSignIns(records, now),
        quotas=QuotaService(records, now, quota_of(settings)),
        rates=wire_rates(settings, parts),
        webhooks=WebhookService(records, parts.poster, bell, now),
        shares=ShareService(records, signer, now),
        share_mails=_wire_share_mails(settings, parts),
        share_pages=SharePageService(records, blobs, variants, signer, now),
        sign_in=SignInService(keys, parts.tokens, records, now, settings.default_role),
        mailer=parts.mailer,
        records=records,
        blobs=blobs,
        stores=parts.stores.by_name,
        bus=parts.bus,
        stopping=parts.stopping,
        meter=parts.meter,
        signing_keys=parts.signing_keys,
        new_admin_key=new_key,
    )


def _wire_classification(parts: Parts, images: ImageService, admission: AdmissionService) -> ClassificationService:
    records, bell = parts.records, parts.bell
    return ClassificationService(
        records=records,
        classifier=parts.classifier,
        image_jobs=ImageJobService(records, images, bell, now, admission),
        jobs=JobService(records, bell, now, admission, Tails(bell)),
        rules=LabelRuleService(records, parts.classifier, bell, now),
    )


def _wire_edits(settings: Settings, parts: Parts, images: ImageService, flows: FlowService) -> EditService:
    return EditService(
        records=parts.records,
        images=images,
        flows=flows,
        bell=parts.bell,
        clock=now,
        admission=wire_admission(settings, parts),
        limits=SizeLimits(settings.max_pixels, settings.max_side),
        has_watermark=settings.watermark is not None,
    )


def _wire_uploads(settings: Settings, parts: Parts, flows: FlowService) -> UploadService:
    return UploadService(
        records=parts.records,
        blobs=parts.blobs,
        signer=parts.signer,
        imaging=parts.imaging,
        bell=parts.bell,
        flows=flows,
        clock=now,
        meter=parts.meter,
        admission=wire_admission(settings, parts),
        max_bytes=settings.max_upload_bytes,
        formats=settings.formats,
        quota=quota_of(settings),
    )


def _wire_variants(settings: Settings, parts: Parts) -> VariantService:
    return VariantService(
        records=parts.records,
        blobs=parts.blobs,
        imaging=parts.imaging,
        signer=parts.signer,
        holds_back=bool(settings.plugins),
        presets=Presets(settings.presets, settings.only_presets),
        mark=overlays_of(settings).mark(),
        hold=FileLocks(DataDir(settings.data_dir).locks).hold,
    )


def _wire_share_mails(settings: Settings, parts: Parts) -> ShareMailService:
    shares = ShareService(parts.records, parts.signer, now)
    return ShareMailService(shares, parts.records, parts.mailer, parts.bell, mail_limits_of(settings))
