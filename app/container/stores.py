"""The stores of objects, opened as the settings say."""

from contextlib import AsyncExitStack

import aioboto3

from app.blobs.local import LocalStore
from app.blobs.s3.client import S3Place, open_client
from app.blobs.s3.setup import find_fault, set_up
from app.blobs.s3.signing import S3Signer
from app.blobs.s3.store import S3Store
from app.data_dir import DataDir
from app.ports.objects import BlobStore
from app.settings import Settings


async def open_store(settings: Settings, data_dir: DataDir, stack: AsyncExitStack) -> BlobStore:
    """Open the store that keeps all objects; it may be away, and come back while the server runs."""
    if settings.storage[0] == "local":
        return LocalStore(data_dir.objects)
    place, session = s3_place(settings), aioboto3.Session()
    client = await stack.enter_async_context(open_client(session, place))
    public = await stack.enter_async_context(open_client(session, place, public=True))
    return S3Store(client, place.bucket, S3Signer(public, place.bucket), data_dir.spool)


async def find_faults(settings: Settings) -> list[str]:
    """Return one line for each setting of a store that is found wrong by asking the store."""
    fault = await find_fault(s3_place(settings)) if "s3" in settings.storage else None
    return [fault] if fault else []


async def set_up_stores(settings: Settings) -> list[str]:
    """Make what the stores need before they are first used; return what was set up.

    Raises:
        StorageUnavailable
    """
    if "s3" not in settings.storage:
        return []
    place = s3_place(settings)
    async with open_client(aioboto3.Session(), place) as client:
        await set_up(client, place, settings.allowed_origins)
    return [f"s3: the bucket {place.bucket} is ready; pages of {', '.join(settings.allowed_origins) or 'no origin'}"]


def s3_place(settings: Settings) -> S3Place:
    endpoint, public = settings.s3_endpoint_url, settings.s3_public_url
    return S3Place(
        bucket=settings.s3_bucket or "",
        region=settings.s3_region,
        endpoint_url=str(endpoint).rstrip("/") if endpoint else None,
        public_url=str(public).rstrip("/") if public else None,
    )
