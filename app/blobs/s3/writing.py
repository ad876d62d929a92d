"""Writing objects to S3: whole in one request, or in parts when they are large."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.blobs.s3.failures import answered
from app.blobs.spooling import SpoolFile
from app.blobs.threads import in_thread
from app.domain.errors import DomainError
from app.domain.image import ImageFormat

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

PART_BYTES = 8 * 1024 * 1024
"""An object of more bytes goes in parts of so many."""

PARTS_AT_ONCE = 3
PART_S = 30.0

SHA256 = "sha256"
"""The metadata that keeps the hash, hex: not every server keeps `x-amz-checksum-sha256`."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an object, in memory or in a file; `sha256` is hex."""

    byte_size: int
    sha256: str
    read: Callable[[int, int], Awaitable[bytes]]
    """From `start` up to, without, `end`."""


def content_of_file(file: SpoolFile) -> Content:
    async def read(start: int, end: int) -> bytes:
        return await in_thread(file.read, start, end)

    return Content(file.byte_size, file.sha256, read)


def content_of_bytes(data: bytes, sha256: str) -> Content:
    async def read(start: int, end: int) -> bytes:
        return data[start:end]

    return Content(len(data), sha256, read)


@dataclass(frozen=True, slots=True)
class Writer:
    client: "S3Client"
    bucket: str

    async def write(self, key: str, content: Content, *, is_new: bool = False) -> None:
        """Write an object whole or not at all.

        Raises:
            AlreadyUploaded: It `is_new`, and there is an object under the key.
            InsufficientStorage, StorageUnavailable
        """
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if is_new else {}
        if content.byte_size > PART_BYTES:
            await self._write_parts(key, content, condition)
            return
        body = await content.read(0, content.byte_size)
        async with answered(key, PART_S):
            await self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType=type_of(key),
                Metadata={SHA256: content.sha256},
                ChecksumSHA256=base64.b64encode(bytes.fromhex(content.sha256)).decode(),
                **condition,
            )

    async def sweep(self, before: datetime) -> int:
        """Give up what was begun in parts before then and never ended; return how many."""
        removed = 0
        pages = aiter(self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket))
        while True:
            async with answered(""):
                page = await anext(pages, None)
            if page is None:
                return removed
            for begun in page.get("Uploads", ()):
                if begun["Initiated"] < before:
                    await self._abort({"Bucket": self.bucket, "Key": begun["Key"], "UploadId": begun["UploadId"]})
                    removed += 1

    async def _write_parts(self, key: str, content: Content, condition: dict[str, Any]) -> None:
        place: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        async with answered(key):
            begun = await self.client.create_multipart_upload(
                **place, ContentType=type_of(key), Metadata={SHA256: content.sha256}
            )
        place["UploadId"] = begun["UploadId"]
        try:
            parts = await self._send_parts(place, content)
            async with answered(key, PART_S):
                await self.client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            await asyncio.shield(self._abort(place))
            raise

    async def _send_parts(self, place: dict[str, Any], content: Content) -> Any:
        turns = asyncio.Semaphore(PARTS_AT_ONCE)

        async def send(number: int, start: int) -> dict[str, Any]:
            async with turns, answered(place["Key"], PART_S):
                body = await content.read(start, min(start + PART_BYTES, content.byte_size))
                sent = await self.client.upload_part(**place, PartNumber=number, Body=body)
                return {"PartNumber": number, "ETag": sent["ETag"]}

        starts = range(0, content.byte_size, PART_BYTES)
        tasks = [asyncio.create_task(send(number, start)) for number, start in enumerate(starts, 1)]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _abort(self, place: dict[str, Any]) -> None:
        """Give the parts up; what cannot be given up now is swept later."""
        with suppress(DomainError):
            async with answered(place["Key"]):
                await self.client.abort_multipart_upload(**place)


def type_of(key: str) -> str:
    """Return the media type of an object, which its server tells those who read it there."""
    known = {image_format.extension: image_format.mime_type for image_format in ImageFormat}
    return known.get(key.rpartition(".")[2], "application/octet-stream")
