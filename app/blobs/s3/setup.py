"""Setting a bucket up, and telling what is wrong with how it was set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import aioboto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from app.blobs.s3.client import S3Place, open_client
from app.blobs.s3.failures import ABSENT, answered, code_of
from app.blobs.s3.store import STAGING

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.literals import BucketLocationConstraintType

_DENIED = frozenset({"403", "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_CORS_MAX_AGE_S = 3_600


async def find_fault(place: S3Place) -> str | None:
    """Return one line about a setting that is wrong; None when there is none, or the server does not answer now."""
    async with open_client(aioboto3.Session(), place) as client:
        try:
            await client.head_bucket(Bucket=place.bucket)
        except NoCredentialsError:
            return "AWS_ACCESS_KEY_ID: no keys for S3 are set."
        except ClientError as error:
            if code_of(error) in ABSENT:
                return f"GF_S3_BUCKET: there is no bucket {place.bucket!r}; `gf-images storage setup` makes it."
            if code_of(error) in _DENIED:
                return f"AWS_ACCESS_KEY_ID: the server refuses these keys for the bucket {place.bucket!r}."
        except (BotoCoreError, OSError):
            pass
    return None


async def set_up(client: "S3Client", place: S3Place, origins: Sequence[str]) -> None:
    """Make the bucket when there is none, let pages of these origins PUT and read, and let what is staged expire.

    Raises:
        StorageUnavailable
    """
    async with answered(place.bucket):
        if not await _is_there(client, place.bucket):
            await _create(client, place)
    rules = [
        _rule("staging", STAGING, Expiration={"Days": 2}),
        _rule("parts", "", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
    ]
    async with answered(place.bucket):
        await client.put_bucket_lifecycle_configuration(Bucket=place.bucket, LifecycleConfiguration={"Rules": rules})
    if origins:
        async with answered(place.bucket):
            await client.put_bucket_cors(
                Bucket=place.bucket,
                CORSConfiguration={
                    "CORSRules": [
                        {
                            "AllowedOrigins": list(origins),
                            "AllowedMethods": ["GET", "HEAD", "PUT"],
                            "AllowedHeaders": ["*"],
                            "MaxAgeSeconds": _CORS_MAX_AGE_S,
                        }
                    ]
                },
            )


def _rule(name: str, prefix: str, **what: Any) -> Any:
    return {"ID": f"gf-images-{name}", "Filter": {"Prefix": prefix}, "Status": "Enabled", **what}


async def _create(client: "S3Client", place: S3Place) -> None:
    """AWS wants to be told every region but its first; other servers may not know its names."""
    if place.endpoint_url or place.region == "us-east-1":
        await client.create_bucket(Bucket=place.bucket)
    else:
        constraint = cast("BucketLocationConstraintType", place.region)
        await client.create_bucket(Bucket=place.bucket, CreateBucketConfiguration={"LocationConstraint": constraint})


async def _is_there(client: "S3Client", bucket: str) -> bool:
    try:
        await client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if code_of(error) in ABSENT:
            return False
        raise
    return True
