"""The job engine of this process: what its runners do, and how many there are."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from app.container.limits import quota_of
from app.container.parts import Parts, now
from app.domain.webhook import WEBHOOK
from app.imaging.video import Ffmpeg
from app.jobs.drain import Drain, open_drain
from app.jobs.embedded import open_engine
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.ports.work import OutboxHandler
from app.services import webhook_delivery
from app.services.flows import FlowService
from app.services.maintenance import MaintenanceService
from app.services.processing import ProcessingService
from app.services.webhook_delivery import WebhookSender
from app.settings import Settings

FETCHES = 4
"""Images from outside that are worked on at once. They wait for strangers, so they do it beside the other jobs."""


@asynccontextmanager
async def open_jobs(settings: Settings, parts: Parts, flows: FlowService) -> AsyncGenerator[None]:
    processing = ProcessingService(
        records=parts.records,
        blobs=parts.blobs,
        imaging=parts.imaging,
        fetcher=parts.fetcher,
        videos=Ffmpeg(shutil.which("ffmpeg"), settings.max_pixels),
        flows=flows,
        clock=now,
        max_bytes=settings.max_upload_bytes,
        rendering=asyncio.Semaphore(settings.workers),
        quota=quota_of(settings),
    )
    working, fetching = (
        Runner(parts.records, parts.bell, recipes, now, parts.meter)
        for recipes in (processing.recipes(), processing.fetching())
    )
    # One half of the workers computes while the other one reads and writes.
    engine = open_engine(
        [working] * 2 * settings.workers + [fetching] * FETCHES,
        Sweeper(parts.records, parts.bell, now, parts.meter),
        parts.bell,
        maintain=MaintenanceService(parts.records, parts.blobs, now).sweep,
    )
    drain = Drain(parts.records, parts.bell, outbox_handlers(parts), now, parts.meter)
    async with engine, open_drain(drain):
        yield


def outbox_handlers(parts: Parts) -> Mapping[str, OutboxHandler]:
    """Return who delivers what the outbox holds, by the kind of its entries."""
    webhooks = WebhookSender(parts.records, parts.poster, now)
    return {WEBHOOK: OutboxHandler(webhooks.deliver, webhook_delivery.DELAYS_S)}
