"""The healer: finishes what killed processes left half done.

It looks for documents that owe something for longer than any call takes, and for what was deleted and not yet cleared
away. Everything that it does may be done by others at the same time, and more than once.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.domain.errors import DomainError
from app.records.micros import now_micros
from app.records.mongo.collections import Collections
from app.records.mongo.edits import pay_plans
from app.records.mongo.flows import clear_flow
from app.records.mongo.image_changes import pay_images
from app.records.mongo.job_debts import pay_job
from app.records.mongo.job_rows import STAGED
from app.records.mongo.settling import settle_item
from app.records.mongo.shares import pay_share
from app.records.mongo.tables import CHUNK
from app.records.mongo.uploads import pay_upload
from app.records.mongo.webhooks import clear_webhook

HEAL_S = 5.0
HEAL_AFTER_S = 10.0
STAGED_S = 3600.0
"""How long the items of a job may wait for it: longer than it takes to keep all of them."""

log = logging.getLogger(__name__)


async def heal(collections: Collections, *, after_s: float = HEAL_AFTER_S) -> int:
    """Finish what has been owed for so long; return how many documents owed something."""
    before = now_micros() - int(after_s * 1_000_000)
    owing = {"owed.at": {"$lte": before}}
    uploads = await collections.uploads.find(owing, limit=CHUNK)
    for upload in uploads:
        await pay_upload(collections, upload)
    items = await collections.job_items.find(owing, limit=CHUNK)
    for item in items:
        await settle_item(collections, item)
    jobs = await collections.jobs.find(owing, limit=CHUNK)
    for job in jobs:
        await pay_job(collections, job)
    shares = await collections.shares.find(owing, limit=CHUNK)
    for share in shares:
        await pay_share(collections, share)
    planned = await collections.images.find({"planned.at": {"$lte": before}}, limit=CHUNK)
    for image in planned:
        await pay_plans(collections, image)
    images = await collections.images.ids(owing, limit=CHUNK)
    await pay_images(collections, images)
    cleared = await _clear(collections, before)
    return cleared + len(uploads) + len(items) + len(jobs) + len(shares) + len(planned) + len(images)


@asynccontextmanager
async def open_healer(collections: Collections) -> AsyncGenerator[None]:
    """Heal again and again until the block is left."""
    healing = asyncio.create_task(_keep_healing(collections))
    try:
        yield
    finally:
        healing.cancel()
        await asyncio.wait({healing})


async def _keep_healing(collections: Collections) -> None:
    while True:
        try:
            healed = await heal(collections)
            if healed:
                log.warning("finished what others began", extra={"documents": healed})
        except DomainError as error:
            log.warning("healer waits", extra={"code": error.code})
        await asyncio.sleep(HEAL_S * random.uniform(0.8, 1.2))  # noqa: S311 - spreads processes, hides nothing


async def _clear(collections: Collections, before: int) -> int:
    """Clear away what was deleted, and items whose job never came."""
    flows = await collections.flows.ids({"is_deleted": True}, limit=CHUNK)
    for flow_id in flows:
        await clear_flow(collections, flow_id)
    webhooks = await collections.webhooks.ids({"is_deleted": True}, limit=CHUNK)
    for webhook_id in webhooks:
        await clear_webhook(collections, webhook_id)
    await _clear_staged(collections, before - int(STAGED_S * 1_000_000))
    return len(flows) + len(webhooks)


async def _clear_staged(collections: Collections, before: int) -> None:
    staged = await collections.job_items.project(
        {"state": STAGED, "not_before": {"$lt": before}}, {"job_id": 1}, limit=CHUNK
    )
    job_ids = {item["job_id"] for item in staged}
    orphaned = job_ids - set(await collections.jobs.ids({"_id": {"$in": list(job_ids)}}))
    if orphaned:
        await collections.job_items.remove_all({"job_id": {"$in": list(orphaned)}, "state": STAGED})
