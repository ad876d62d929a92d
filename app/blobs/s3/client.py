"""The connection to an S3 server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aioboto3
from aiobotocore.config import AioConfig

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

CONNECT_S = 2
READ_S = 10
ATTEMPTS = 3
CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where objects are kept. The keys of the account come from the standard AWS variables and files.

    Attributes:
        endpoint_url: Of a server that is not AWS; None for AWS.
        public_url: The same server as clients reach it, for the addresses that are signed for them.
    """

    bucket: str
    region: str
    endpoint_url: str | None = None
    public_url: str | None = None


@asynccontextmanager
async def open_client(session: aioboto3.Session, place: S3Place, *, public: bool = False) -> AsyncGenerator["S3Client"]:
    """Hold a client, whose connections are closed afterwards; one for `public` addresses only signs."""
    endpoint = place.public_url or place.endpoint_url if public else place.endpoint_url
    config = AioConfig(
        signature_version="s3v4",
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        max_pool_connections=CONNECTIONS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        # Servers other than AWS refuse, or do not know, the checksums that botocore adds of itself.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if endpoint or "." in place.bucket else "virtual"},
    )
    async with session.client("s3", region_name=place.region, endpoint_url=endpoint, config=config) as client:
        yield client
