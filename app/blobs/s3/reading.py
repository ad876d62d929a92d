"""Reading objects from S3: what a server tells of them, and their bytes, checked on the way."""

import hashlib
from collections.abc import AsyncGenerator
from datetime import UTC
from typing import TYPE_CHECKING

from app.blobs.s3.failures import READ_S, answered
from app.blobs.s3.writing import SHA256
from app.blobs.threads import in_thread, unavailable
from app.domain.errors import DamagedObject
from app.ports.objects import ObjectStat

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef, ObjectTypeDef

READ_BYTES = 256 * 1024


def stat_of_head(key: str, head: "HeadObjectOutputTypeDef") -> ObjectStat:
    return ObjectStat(key, head["ContentLength"], head["ETag"].strip('"'), head["LastModified"].astimezone(UTC))


def stat_of_entry(entry: "ObjectTypeDef") -> ObjectStat:
    """Return what a line of a listing tells, its time in whole seconds as everywhere else."""
    modified_at = entry["LastModified"].astimezone(UTC).replace(microsecond=0)
    return ObjectStat(entry["Key"], entry["Size"], entry["ETag"].strip('"'), modified_at)


async def checked_chunks(key: str, got: "GetObjectOutputTypeDef") -> AsyncGenerator[bytes]:
    """Yield the bytes of an answer.

    Raises:
        DamagedObject: In the end of a whole object, when its hash is not the one that is kept with it.
        StorageUnavailable: Fewer bytes came than were told, or none for a while.
    """
    expected = got["Metadata"].get(SHA256) if _is_whole(got) else None
    digest, left = hashlib.sha256(), got["ContentLength"]
    body = got["Body"]
    try:
        while left > 0:
            async with answered(key, READ_S):
                chunk = await body.read(READ_BYTES)
            if not chunk:
                raise unavailable()
            left -= len(chunk)
            if expected is not None:
                await in_thread(digest.update, chunk)
                if left <= 0 and digest.hexdigest() != expected:
                    raise DamagedObject(f"The object {key!r} is not what was written.")
            yield chunk
    finally:
        body.close()


def _is_whole(got: "GetObjectOutputTypeDef") -> bool:
    total = got.get("ContentRange", "").rpartition("/")[2]
    return got["ContentLength"] == int(total) if total.isdigit() else True
