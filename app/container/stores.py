"""The stores of objects, opened as the settings say."""

from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aioboto3

from app.blobs.health import Health, probe_stores
from app.blobs.ipfs.node import find_fault as find_ipfs_fault
from app.blobs.ipfs.node import open_node
from app.blobs.ipfs.store import IpfsStore
from app.blobs.local import LocalStore
from app.blobs.replicated import ReplicatedStore
from app.blobs.s3.client import S3Place, open_client
from app.blobs.s3.setup import find_fault as find_s3_fault
from app.blobs.s3.setup import set_up
from app.blobs.s3.signing import S3Signer
from app.blobs.s3.store import S3Store
from app.data_dir import DataDir
from app.metering.blobs import MeteredBlobs
from app.ports.meter import Meter
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.work import Clock
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    """Attributes:
    by_name: Each by itself, the primary first.
    blobs: What the services work with.
    """

    by_name: Mapping[str, BlobStore]
    blobs: BlobStore
    health: Health

    async def probe(self) -> None:
        """Find out which stores are away, and which are back."""
        await probe_stores(self.by_name, self.health)


async def open_stores(
    settings: Settings, data_dir: DataDir, records: Records, meter: Meter, clock: Clock, stack: AsyncExitStack
) -> Stores:
    """Open the stores that the settings name; several become one."""
    by_name: dict[str, BlobStore] = {
        name: await open_store(name, settings, data_dir, stack) for name in settings.storage
    }
    health = Health(by_name, meter)
    only = by_name[settings.storage[0]]
    blobs = ReplicatedStore(by_name, records, health, clock) if len(by_name) > 1 else only
    return Stores(by_name, MeteredBlobs(blobs, meter), health)


def client_origins(stores: Mapping[str, BlobStore]) -> tuple[str, ...]:
    """Return where clients PUT to and read from beside this server."""
    return tuple(store.signer.origin for store in stores.values() if isinstance(store, S3Store))


async def open_store(name: str, settings: Settings, data_dir: DataDir, stack: AsyncExitStack) -> BlobStore:
    """Open one store by its name; it may be away, and come back while the server runs."""
    if name == "local":
        return LocalStore(data_dir.objects)
    if name == "ipfs":
        node = await stack.enter_async_context(open_node(ipfs_api_url(settings)))
        return IpfsStore(node, settings.ipfs_folder, data_dir.spool)
    place, session = s3_place(settings), aioboto3.Session()
    client = await stack.enter_async_context(open_client(session, place))
    public = await stack.enter_async_context(open_client(session, place, public=True))
    return S3Store(client, place.bucket, S3Signer(public, place.bucket), data_dir.spool)


async def find_faults(settings: Settings, names: Collection[str]) -> list[str]:
    """Return one line for each setting of these stores that is found wrong by asking the store."""
    faults: list[str | None] = []
    if "s3" in names:
        is_set = settings.s3_bucket is not None
        faults.append(await find_s3_fault(s3_place(settings)) if is_set else _unset("GF_S3_BUCKET", "s3"))
    if "ipfs" in names:
        is_set = settings.ipfs_api_url is not None
        faults.append(await find_ipfs_fault(ipfs_api_url(settings)) if is_set else _unset("GF_IPFS_API_URL", "ipfs"))
    return [fault for fault in faults if fault]


async def set_up_stores(settings: Settings) -> list[str]:
    """Make what the stores need before they are first used; return what was set up.

    Raises:
        StorageUnavailable
    """
    if "s3" not in settings.storage:
        return []
    place, own = s3_place(settings), settings.public_url
    origins = tuple(dict.fromkeys((*settings.allowed_origins, *((origin_of(str(own)),) if own else ()))))
    async with open_client(aioboto3.Session(), place) as client:
        await set_up(client, place, origins)
    return [f"s3: the bucket {place.bucket} is ready; pages of {', '.join(origins) or 'no origin'} may use it"]


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    return "/".join(url.split("/", 3)[:3])


def s3_place(settings: Settings) -> S3Place:
    endpoint, public = settings.s3_endpoint_url, settings.s3_public_url
    return S3Place(
        bucket=settings.s3_bucket or "",
        region=settings.s3_region,
        endpoint_url=str(endpoint).rstrip("/") if endpoint else None,
        public_url=str(public).rstrip("/") if public else None,
    )


def ipfs_api_url(settings: Settings) -> str:
    return str(settings.ipfs_api_url or "").rstrip("/")


def ipfs_gateway_url(settings: Settings) -> str | None:
    return str(settings.ipfs_gateway_url).rstrip("/") if settings.ipfs_gateway_url else None


def _unset(name: str, store: str) -> str:
    return f"{name}: must be set for the store {store}."
