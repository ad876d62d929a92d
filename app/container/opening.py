"""The container: opens every resource, wires every service, and closes all of it again."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from app.container.bundle import Services
from app.container.engine import open_jobs
from app.container.parts import now, open_parts
from app.container.wiring import wire_services
from app.data_dir import DataDir
from app.services.flows import FlowService
from app.services.images import ImageService
from app.services.keys import KeyService
from app.settings import Settings


@asynccontextmanager
async def open_services(
    settings: Settings, *, run_jobs: bool = True, is_worker: bool = False
) -> AsyncGenerator[Services]:
    """Open everything that the settings ask for; with `run_jobs` it takes its part in jobs, too.

    Without Redis every process that does so works jobs off; with Redis only a worker does.
    """
    data_dir = DataDir(settings.data_dir)
    data_dir.create()
    async with AsyncExitStack() as stack:
        parts = await open_parts(settings, data_dir, stack)
        images = ImageService(parts.records, parts.blobs, parts.signer, parts.bell, now)
        flows = FlowService(
            records=parts.records,
            images=images,
            bell=parts.bell,
            clock=now,
            public_by_default=settings.default_visibility == "public",
            storage=settings.storage[0],
        )
        keys = KeyService(parts.records, parts.bell, now)
        new_admin_key = await _bootstrap(settings, data_dir, keys, flows)
        if run_jobs:
            await stack.enter_async_context(open_jobs(settings, parts, flows, is_worker=is_worker))
        yield wire_services(settings, parts, images, flows, keys, new_admin_key)


async def _bootstrap(settings: Settings, data_dir: DataDir, keys: KeyService, flows: FlowService) -> str | None:
    """Make sure of the first admin and the general flow; return the admin key when it is new."""
    if settings.admin_key is not None:
        secret, is_new = settings.admin_key.get_secret_value(), False
    else:
        secret, is_new = data_dir.admin_key()
    await keys.ensure_admin(secret)
    await flows.create_general()
    return secret if is_new else None
