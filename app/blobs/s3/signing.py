"""Signed addresses of an S3 server: where clients PUT the bytes of an upload, and read objects that are not public."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.blobs.s3.failures import answered
from app.domain.upload import SignedUpload, Upload
from app.ports.objects import ObjectStat, ReadHeaders

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

READ_LIFETIME_S = 300


@dataclass(frozen=True, slots=True)
class S3Signer:
    """Signing is done here; `client` knows the server by the name that clients reach it by."""

    client: "S3Client"
    bucket: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port of what is signed; of AWS each bucket has a host of its own."""
        parts = urlsplit(self.client.meta.endpoint_url)
        options = self.client.meta.config.s3  # type: ignore[attr-defined] # the stubs know no options of a service
        is_in_path = options["addressing_style"] == "path"
        return f"{parts.scheme}://{parts.netloc if is_in_path else f'{self.bucket}.{parts.netloc}'}"

    async def sign_put(self, upload: Upload) -> SignedUpload:
        """Sign host, type, size and that the object is new.

        Of an upload whose size is not known beforehand only its type is signed, with the one other header that old
        pages send; what comes is counted when it is completed.
        """
        headers = {"Content-Type": upload.content_type}
        signed: dict[str, Any] = {"ContentType": upload.content_type}
        if upload.is_exact:
            headers["If-None-Match"] = signed["IfNoneMatch"] = "*"
            signed["ContentLength"] = upload.byte_size
        else:
            headers["x-amz-acl"] = signed["ACL"] = "public-read"
        place = {"Bucket": self.bucket, "Key": upload.staging_key}
        lifetime = int((upload.expires_at - upload.created_at).total_seconds())
        async with answered(upload.staging_key):
            url = await self.client.generate_presigned_url("put_object", Params=place | signed, ExpiresIn=lifetime)
        return SignedUpload(url, tuple(headers.items()), upload.expires_at, upload.byte_size)

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str:
        params = {
            "Bucket": self.bucket,
            "Key": stat.key,
            "ResponseContentType": headers.content_type,
            "ResponseContentDisposition": headers.content_disposition,
            "ResponseCacheControl": headers.cache_control,
        }
        async with answered(stat.key):
            return await self.client.generate_presigned_url("get_object", Params=params, ExpiresIn=READ_LIFETIME_S)
