"""The container: opens every resource, wires every service, and closes all of it again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from app.blobs.local import LocalStore
from app.blobs.signing import LocalSigner
from app.data_dir import DataDir
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.pool import open_pool
from app.jobs.bell import LocalBell
from app.jobs.embedded import open_engine
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.metering.bell import MeteredBell
from app.metering.blobs import MeteredBlobs
from app.metering.imaging import MeteredImaging
from app.metering.prometheus import PrometheusMeter
from app.ports.imaging import Imaging
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.remote import Fetcher
from app.ports.work import Bell
from app.records.sqlite.database import open_records
from app.remote.fetcher import open_fetcher
from app.services.flow_updates import FlowUpdateService
from app.services.flows import FlowService
from app.services.images import ImageService
from app.services.imports import ImportService
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.maintenance import MaintenanceService
from app.services.objects import ObjectService
from app.services.processing import ProcessingService
from app.services.reception import ReceptionService
from app.services.uploads import UploadService
from app.services.variants import VariantService
from app.settings import Settings

FETCHES = 4
"""Images from outside that are worked on at once. They wait for strangers, so they do it beside the other jobs."""


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case, the two ports that health checks look at, and what the entries sign with."""

    images: ImageService
    flows: FlowService
    flow_updates: FlowUpdateService
    uploads: UploadService
    reception: ReceptionService
    objects: ObjectService
    variants: VariantService
    jobs: JobService
    imports: ImportService
    keys: KeyService
    records: Records
    blobs: BlobStore
    meter: PrometheusMeter
    signing_keys: tuple[str, ...]
    """The newest first."""
    new_admin_key: str | None
    """The admin key when it was made just now: the only time that it may be shown."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The adapters behind the ports."""

    records: Records
    blobs: BlobStore
    signer: LocalSigner
    signing_keys: tuple[str, ...]
    bell: Bell
    imaging: Imaging
    fetcher: Fetcher
    meter: PrometheusMeter


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_services(settings: Settings, *, run_jobs: bool = True) -> AsyncGenerator[Services]:
    """Open everything that the settings ask for; with `run_jobs` the embedded engine works jobs off, too."""
    data_dir = DataDir(settings.data_dir)
    data_dir.create()
    async with AsyncExitStack() as stack:
        parts = await _open_parts(settings, data_dir, stack)
        images = ImageService(parts.records, parts.blobs, parts.signer, parts.bell)
        flows = FlowService(
            records=parts.records,
            images=images,
            bell=parts.bell,
            clock=now,
            public_by_default=settings.default_visibility == "public",
            storage="local",
        )
        keys = KeyService(parts.records, now)
        new_admin_key = await _bootstrap(settings, data_dir, keys, flows)
        if run_jobs:
            await stack.enter_async_context(_open_engine(settings, parts, flows))
        yield _wire(settings, parts, images, flows, keys, new_admin_key)


async def _open_parts(settings: Settings, data_dir: DataDir, stack: AsyncExitStack) -> _Parts:
    limits = ImageLimits(
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_side=settings.max_side,
        max_frames=settings.max_frames,
    )
    # The jobs keep `workers` processes busy; one more is there to look at the header of what was just uploaded.
    pool = PoolLimits(processes=settings.workers + 1)
    signing_keys = tuple(key.get_secret_value() for key in settings.signing_keys) or (data_dir.signing_key(),)
    meter = PrometheusMeter()
    return _Parts(
        records=await stack.enter_async_context(open_records(data_dir.database)),
        blobs=MeteredBlobs(LocalStore(data_dir.objects), meter),
        signer=LocalSigner(signing_keys),
        signing_keys=signing_keys,
        fetcher=await stack.enter_async_context(open_fetcher(settings.fetch_allow_cidrs)),
        bell=MeteredBell(LocalBell(), meter),
        imaging=MeteredImaging(await stack.enter_async_context(open_pool(limits, pool)), meter),
        meter=meter,
    )


def _wire(
    settings: Settings, parts: _Parts, images: ImageService, flows: FlowService, keys: KeyService, new_key: str | None
) -> Services:
    records, blobs, signer, bell = parts.records, parts.blobs, parts.signer, parts.bell
    return Services(
        images=images,
        flows=flows,
        flow_updates=FlowUpdateService(records, bell, now),
        uploads=UploadService(
            records=records,
            blobs=blobs,
            signer=signer,
            imaging=parts.imaging,
            bell=bell,
            flows=flows,
            clock=now,
            meter=parts.meter,
            max_bytes=settings.max_upload_bytes,
        ),
        reception=ReceptionService(records=records, blobs=blobs, verifier=signer, clock=now, meter=parts.meter),
        objects=ObjectService(records=records, blobs=blobs, signer=signer),
        variants=VariantService(records=records, blobs=blobs, imaging=parts.imaging, signer=signer),
        jobs=JobService(records, bell, now),
        imports=ImportService(records, bell, flows, now, settings.local_roots),
        keys=keys,
        records=records,
        blobs=blobs,
        meter=parts.meter,
        signing_keys=parts.signing_keys,
        new_admin_key=new_key,
    )


def _open_engine(settings: Settings, parts: _Parts, flows: FlowService) -> AbstractAsyncContextManager[None]:
    processing = ProcessingService(
        records=parts.records,
        blobs=parts.blobs,
        imaging=parts.imaging,
        fetcher=parts.fetcher,
        flows=flows,
        clock=now,
        max_bytes=settings.max_upload_bytes,
        rendering=asyncio.Semaphore(settings.workers),
    )
    working, fetching = (
        Runner(parts.records, parts.bell, recipes, now, parts.meter)
        for recipes in (processing.recipes(), processing.fetching())
    )
    # One half of the workers computes while the other one reads and writes.
    return open_engine(
        [working] * 2 * settings.workers + [fetching] * FETCHES,
        Sweeper(parts.records, parts.bell, now, parts.meter),
        parts.bell,
        maintain=MaintenanceService(parts.records, parts.blobs, now).sweep,
    )


async def _bootstrap(settings: Settings, data_dir: DataDir, keys: KeyService, flows: FlowService) -> str | None:
    """Make sure of the first admin and the general flow; return the admin key when it is new."""
    if settings.admin_key is not None:
        secret, is_new = settings.admin_key.get_secret_value(), False
    else:
        secret, is_new = data_dir.admin_key()
    await keys.ensure_admin(secret)
    await flows.create_general()
    return secret if is_new else None
