"""All collections of one installation."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from beanie import Document, init_beanie

from app.records.mongo.audit_rows import AuditRow
from app.records.mongo.color_rows import ColorReportRow
from app.records.mongo.connection import Database, call
from app.records.mongo.flow_rows import FlowEventRow, FlowRow
from app.records.mongo.idempotency_rows import RequestRow
from app.records.mongo.image_rows import ImageRow
from app.records.mongo.job_rows import ItemRow, JobEventRow, JobRow, ServedRow
from app.records.mongo.outbox_rows import OutboxRow
from app.records.mongo.share_rows import MailCountRow, ShareRow
from app.records.mongo.store_rows import ScrubRow, StoresRow
from app.records.mongo.tables import Row, Table
from app.records.mongo.tag_rows import TagRow
from app.records.mongo.upload_rows import UploadMetricsRow, UploadRow
from app.records.mongo.usage_rows import OwnerRow
from app.records.mongo.user_rows import KeyRow, UserRow
from app.records.mongo.webhook_rows import DeliveryRow, WebhookRow

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Collections:
    images: Table[ImageRow]
    color_reports: Table[ColorReportRow]
    flows: Table[FlowRow]
    flow_events: Table[FlowEventRow]
    owners: Table[OwnerRow]
    uploads: Table[UploadRow]
    upload_metrics: Table[UploadMetricsRow]
    jobs: Table[JobRow]
    job_items: Table[ItemRow]
    job_events: Table[JobEventRow]
    served_turns: Table[ServedRow]
    users: Table[UserRow]
    api_keys: Table[KeyRow]
    outbox: Table[OutboxRow]
    webhooks: Table[WebhookRow]
    webhook_deliveries: Table[DeliveryRow]
    idempotent_requests: Table[RequestRow]
    shares: Table[ShareRow]
    mail_counts: Table[MailCountRow]
    stores: Table[StoresRow]
    scrubs: Table[ScrubRow]
    tag_counts: Table[TagRow]
    audit_entries: Table[AuditRow]

    @property
    def tables(self) -> tuple[Table[Row], ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


_unused: list[Collections] = []
"""Of databases that were closed: Beanie ties a class to one database, and to make all classes takes a tenth second."""


@asynccontextmanager
async def bind_collections(database: Database) -> AsyncGenerator[Collections]:
    """Hold the collections of a database, of which there may be several. Their indexes are made by migrations."""
    collections = _unused.pop() if _unused else _make_collections()
    models = [table.document for table in collections.tables]
    await call(init_beanie(database=database, document_models=models, skip_indexes=True))
    yield collections
    _unused.append(collections)


def _make_collections() -> Collections:
    return Collections(
        images=_bind(ImageRow),
        color_reports=_bind(ColorReportRow),
        flows=_bind(FlowRow),
        flow_events=_bind(FlowEventRow),
        owners=_bind(OwnerRow),
        uploads=_bind(UploadRow),
        upload_metrics=_bind(UploadMetricsRow),
        jobs=_bind(JobRow),
        job_items=_bind(ItemRow),
        job_events=_bind(JobEventRow),
        served_turns=_bind(ServedRow),
        users=_bind(UserRow),
        api_keys=_bind(KeyRow),
        outbox=_bind(OutboxRow),
        webhooks=_bind(WebhookRow),
        webhook_deliveries=_bind(DeliveryRow),
        idempotent_requests=_bind(RequestRow),
        shares=_bind(ShareRow),
        mail_counts=_bind(MailCountRow),
        stores=_bind(StoresRow),
        scrubs=_bind(ScrubRow),
        tag_counts=_bind(TagRow),
        audit_entries=_bind(AuditRow),
    )


def _bind(model: type[R]) -> Table[R]:
    """Return a table with a Beanie document of its own for the model."""
    document = type(model.__name__, (model, Document), {"__doc__": model.__doc__, "__module__": model.__module__})
    return Table(document, document)
