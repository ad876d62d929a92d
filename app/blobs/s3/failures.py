"""The failures of an S3 server in this server's own words."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import ClientError as BrokenConnection
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from app.blobs.threads import unavailable
from app.domain.errors import AlreadyUploaded, DomainError, InsufficientStorage, NotFound

READ_S = 10.0
"""What is waited for the next bytes of an object."""

CALL_S = 8.0
"""What a call may take with all its retries: less than a request has."""

ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})
PAST_THE_END = frozenset({"416", "InvalidRange"})
_FULL = frozenset({"507", "QuotaExceeded", "InsufficientCapacity", "XMinioStorageFull"})

log = logging.getLogger(__name__)


@asynccontextmanager
async def answered(key: str, timeout_s: float = CALL_S) -> AsyncGenerator[None]:
    """Hold calls to their time and translate their failures.

    Raises:
        NotFound, AlreadyUploaded, InsufficientStorage, StorageUnavailable
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except ClientError as error:
        raise _failure(error, key) from error
    except (BotoCoreError, BrokenConnection, ResponseParserError, TimeoutError, OSError) as error:
        log.warning("store does not answer", extra={"store": "s3", "reason": type(error).__name__})
        raise unavailable() from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def no_object(key: str) -> NotFound:
    return NotFound(f"There is no object {key!r}.")


def _failure(error: ClientError, key: str) -> DomainError:
    code = code_of(error)
    if code in ABSENT:
        return no_object(key)
    if code in TAKEN:
        return AlreadyUploaded("The bytes of this upload have arrived before.")
    if code in _FULL:
        return InsufficientStorage("There is no room left to store this; try again later.")
    log.warning("store refuses", extra={"store": "s3", "reason": code})
    return unavailable()
