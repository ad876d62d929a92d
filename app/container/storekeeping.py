"""What keeps the stores alike while the server runs: replication, maintenance and the scrub."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from app.blobs.health import PROBE_S
from app.container.parts import Parts, now
from app.jobs.rounds import Round, keep_on, running
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.work import OutboxHandler
from app.services import replication
from app.services.maintenance import MaintenanceService
from app.services.replication import ReplicationService
from app.services.scrub import STEP_S, ScrubService
from app.services.storage_check import StorageCheckService
from app.settings import Settings

MAINTENANCE_S = 3600.0


@asynccontextmanager
async def follow_stores(parts: Parts) -> AsyncGenerator[None]:
    """Let the records owe the replicas what they are to hold, and find out which stores are away."""
    primary, *followers = parts.stores.by_name
    await parts.records.replicas.follow(primary, followers)
    probes = (keep_on(parts.stores.probe, PROBE_S),) if followers else ()
    async with running(*probes):
        yield


def store_rounds(settings: Settings, parts: Parts) -> list[Round]:
    """Return what is done to the stores again and again."""
    stores = parts.stores.by_name
    kept = timedelta(days=settings.audit_days) if settings.audit_days else None
    maintenance = MaintenanceService(parts.records, parts.blobs, now, tuple(stores.values()), kept)
    rounds = [Round("maintenance", MAINTENANCE_S, maintenance.sweep)]
    if settings.scrub_bytes_per_s:
        check, every = wire_check(parts.records, stores), timedelta(days=settings.scrub_days)
        scrub = ScrubService(parts.records, check, now, settings.scrub_bytes_per_s, every)
        rounds.append(Round("scrub", STEP_S, scrub.step))
    return rounds


def replication_handler(parts: Parts) -> OutboxHandler:
    service = ReplicationService(parts.records, parts.stores.by_name, now)
    return OutboxHandler(service.deliver, replication.DELAYS_S)


def wire_check(records: Records, stores: Mapping[str, BlobStore]) -> StorageCheckService:
    return StorageCheckService(records, stores, ReplicationService(records, stores, now), now)
