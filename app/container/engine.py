"""The job engine: what the runners of this process do, how many there are, and who calls them."""

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from app.container.bus import FETCHES, IMAGES, LABELS
from app.container.limits import quota_of
from app.container.parts import Parts, now
from app.container.storekeeping import follow_stores, replication_handler, store_rounds
from app.data_dir import DataDir
from app.domain.replica import REPLICA
from app.domain.share import SHARE_MAIL
from app.domain.webhook import WEBHOOK
from app.imaging.video import Ffmpeg
from app.jobs.crew import Crew
from app.jobs.distributed import open_workers
from app.jobs.drain import Drain, open_drain
from app.jobs.embedded import open_engine
from app.jobs.rounds import Round, open_rounds, running
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.ports.work import OutboxHandler
from app.services import share_delivery, webhook_delivery
from app.services.editing import EditingService
from app.services.flows import FlowService
from app.services.label_rules import LabelRuleService
from app.services.labelling import LabellingService
from app.services.processing import ProcessingService
from app.services.revisions import RevisionService
from app.services.share_delivery import ShareMailSender
from app.services.webhook_delivery import WebhookSender
from app.settings import Settings

SWEEP_S = 5.0
LABELS_S = 300.0
"""How often it is looked for images that an older version of a model has labelled."""

FETCHERS = 4
"""Images from outside that are worked on at once. They wait for strangers, so they do it beside the other jobs."""

LABELLERS = 16
"""Images that are labelled at once: as many as a model looks at together."""


@asynccontextmanager
async def open_jobs(settings: Settings, parts: Parts, flows: FlowService, *, is_worker: bool) -> AsyncGenerator[None]:
    """Take the part of a server or a worker in the jobs of the cluster; without Redis, of both."""
    sweeper = Sweeper(parts.records, parts.bus.bell, now, parts.meter)
    rules = LabelRuleService(parts.records, parts.classifier, parts.bell, now)
    labelling = LabellingService(parts.records, parts.blobs, parts.classifier, rules, parts.bell, now)
    rounds = [
        Round("sweep", SWEEP_S, sweeper.sweep),
        *store_rounds(settings, parts),
        Round("labels", LABELS_S, labelling.renew),
    ]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(follow_stores(parts))
        await stack.enter_async_context(open_rounds(rounds, parts.bus.turns))
        if is_worker or not parts.bus.streams:
            drain = Drain(parts.records, parts.bell, outbox_handlers(parts), now, parts.meter)
            await stack.enter_async_context(open_drain(drain))
            # All who run items have the database in this folder, so who is alone here knows that nobody holds a lease.
            # Others may be elsewhere when it is not in it: then leases run out.
            presence = stack.enter_context(DataDir(settings.data_dir).presence())
            if settings.database_url is None and presence.is_alone():
                await sweeper.recover()
            await asyncio.to_thread(presence.share)
            await stack.enter_async_context(_open_runners(settings, parts, flows, labelling))
            if settings.models_dir is not None:
                await stack.enter_async_context(running(parts.classifier.check_all()))
        yield


def _open_runners(
    settings: Settings, parts: Parts, flows: FlowService, labelling: LabellingService
) -> AbstractAsyncContextManager[None]:
    rendering = asyncio.Semaphore(settings.workers)
    revisions = RevisionService(parts.blobs, parts.imaging, rendering, plugins_of(settings))
    processing = ProcessingService(
        records=parts.records,
        blobs=parts.blobs,
        imaging=parts.imaging,
        fetcher=parts.fetcher,
        videos=Ffmpeg(shutil.which("ffmpeg"), settings.max_pixels),
        flows=flows,
        clock=now,
        max_bytes=settings.max_upload_bytes,
        fills_in=settings.fill_from_metadata,
        revisions=revisions,
        quota=quota_of(settings),
    )
    editing = EditingService(parts.records, parts.blobs, parts.imaging, processing, revisions)
    working, fetching, labels = (
        Runner(parts.records, parts.bell, recipes, now, parts.meter)
        for recipes in (
            labelling.asking({**processing.recipes(), **editing.recipes()}),
            labelling.asking(processing.fetching()),
            labelling.recipes(),
        )
    )
    # One half of the workers computes while the other one reads and writes.
    crews = (
        Crew(IMAGES, working, 2 * settings.workers),
        Crew(FETCHES, fetching, FETCHERS),
        Crew(LABELS, labels, LABELLERS),
    )
    if parts.bus.streams:
        return open_workers(crews, parts.bus.streams, parts.bell, parts.stopping)
    return open_engine(crews, parts.bell, parts.stopping)


def plugins_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the plugins that look at images, each with its options as JSON."""
    own: dict[str, dict[str, object]] = {
        "watermark": {
            "image": str(settings.watermark),
            "position": settings.watermark_position,
            "opacity": settings.watermark_opacity,
            "scale": settings.watermark_scale,
        },
        "face-blur": {"detector": str(settings.face_detector)},
    }
    return tuple(
        (name, json.dumps({**own.get(name, {}), **settings.plugin_options.get(name, {})})) for name in settings.plugins
    )


def outbox_handlers(parts: Parts) -> Mapping[str, OutboxHandler]:
    """Return who delivers what the outbox holds, by the kind of its entries."""
    webhooks = WebhookSender(parts.records, parts.poster, now)
    mails = ShareMailSender(parts.records, parts.mailer, parts.signer, now)
    return {
        WEBHOOK: OutboxHandler(webhooks.deliver, webhook_delivery.DELAYS_S),
        REPLICA: replication_handler(parts),
        SHARE_MAIL: OutboxHandler(mails.deliver, share_delivery.DELAYS_S, mails.give_up),
    }
