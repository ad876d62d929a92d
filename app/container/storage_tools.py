"""What the commands of the stores work with."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.blobs.health import answers_in_time
from app.container.bundle import Services
from app.container.opening import open_services
from app.container.parts import now
from app.container.storekeeping import wire_check
from app.container.stores import open_store
from app.data_dir import DataDir
from app.domain.errors import InvalidInput
from app.domain.image import ImageFilter, ImageState
from app.domain.viewer import Viewer
from app.ports.objects import BlobStore
from app.services.keys import ADMIN_ID
from app.services.replication import ReplicationService
from app.services.storage_check import StorageCheckService
from app.services.storage_copy import StorageCopyService
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class CheckTools:
    """Attributes:
    silent: The stores that do not answer, and are not checked.
    image_count: How many images there were at the start.
    """

    service: StorageCheckService
    silent: tuple[str, ...]
    image_count: int


@dataclass(frozen=True, slots=True)
class CopyTools:
    service: StorageCopyService
    image_count: int


@asynccontextmanager
async def open_check(settings: Settings) -> AsyncGenerator[CheckTools]:
    async with open_services(settings, run_jobs=False) as services:
        answering = {name: store for name, store in services.stores.items() if await answers_in_time(store)}
        silent = tuple(name for name in services.stores if name not in answering)
        yield CheckTools(wire_check(services.records, answering), silent, await _count_images(services))


@asynccontextmanager
async def open_copy(settings: Settings, source: str, target: str) -> AsyncGenerator[CopyTools]:
    """Open two stores, of which the settings need not name both in GF_STORAGE. Raises: InvalidInput."""
    if source == target:
        raise InvalidInput(f"The store {source!r} cannot be copied to itself.")
    async with open_services(settings, run_jobs=False) as services, AsyncExitStack() as stack:
        stores: dict[str, BlobStore] = {}
        for name in (source, target):
            opened = services.stores.get(name)
            stores[name] = opened or await open_store(name, settings, DataDir(settings.data_dir), stack)
        replication = ReplicationService(services.records, stores, now)
        service = StorageCopyService(services.records, replication, target)
        yield CopyTools(service, await _count_images(services))


async def _count_images(services: Services) -> int:
    viewer = Viewer((await services.keys.find_users((ADMIN_ID,)))[ADMIN_ID])
    return await services.images.count(viewer, ImageFilter(states=tuple(ImageState)))
