"""Objects in a bucket of an S3 server."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from app.blobs.copying import copy_file
from app.blobs.places import is_key, place_of
from app.blobs.s3.failures import PAST_THE_END, TAKEN, answered, code_of, no_object
from app.blobs.s3.reading import checked_chunks, stat_of_entry, stat_of_head
from app.blobs.s3.signing import S3Signer
from app.blobs.s3.writing import PART_S, SHA256, Writer, content_of_bytes, content_of_file, type_of
from app.blobs.spooling import open_spool, spool, sweep_spool
from app.blobs.threads import in_thread
from app.domain.errors import AlreadyUploaded, Conflict, NotFound
from app.domain.upload import SignedUpload, Upload
from app.ports.objects import ObjectStat, ReadHeaders

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

STAGING = "staging/"
USED = "used"
"""The metadata of the empty object that is left where an upload was: its address, signed for a new object alone, is
refused from then on."""

MAX_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class S3Store:
    """A `BlobStore`. All methods with a key raise InvalidInput for one that this server never makes.

    Attributes:
        folder: Local files wait here on their way to the server, or to a process that decodes them.
    """

    client: "S3Client"
    bucket: str
    signer: S3Signer
    folder: Path

    async def put(self, key: str, data: bytes) -> None:
        place_of(key)
        digest = await in_thread(hashlib.sha256, data)
        await self._writer.write(key, content_of_bytes(data, digest.hexdigest()))

    async def put_new(self, key: str, chunks: AsyncIterator[bytes], max_bytes: int) -> int:
        place_of(key)
        async with spool(self.folder, chunks, max_bytes) as file:
            head = await self._find_head(key)
            if head is not None and USED not in head["Metadata"]:
                raise AlreadyUploaded("The bytes of this upload have arrived before.")
            await self._writer.write(key, content_of_file(file), is_new=head is None)
            return file.byte_size

    async def copy_in(self, key: str, path: Path, max_bytes: int) -> None:
        place_of(key)
        async with open_spool(self.folder) as file:
            await in_thread(copy_file, path, file, max_bytes)
            await self._writer.write(key, content_of_file(file))

    async def find(self, key: str) -> ObjectStat | None:
        head = await self._find_head(key)
        return None if head is None or USED in head["Metadata"] else stat_of_head(key, head)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        place_of(key)
        if end is not None and end <= start:
            if await self.find(key) is None:
                raise no_object(key)
            return
        got = await self._get(key, start, end)
        if got is None:
            return
        async with aclosing(checked_chunks(key, got)) as chunks:
            async for chunk in chunks:
                yield chunk

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncGenerator[Path]:
        """Give a copy of the object, which is gone afterwards. Raises: NotFound, DamagedObject."""
        async with aclosing(self.read(key)) as chunks, spool(self.folder, chunks, MAX_BYTES) as file:
            yield file.path

    async def move(self, source: str, target: str, *, etag: str | None = None, sha256: str | None = None) -> None:
        """Copy within the server, and mark the old place as used.

        The entity tag is looked at before and after: not every server minds the condition on the copy.
        """
        place_of(target)
        found = await self.find(source)
        if found is None:
            if await self.find(target) is None:
                raise no_object(source)
            return
        expected = etag or found.etag
        if found.etag != expected:
            raise _replaced(source)
        await self._copy(source, target, expected, sha256)
        after = await self.find(source)
        if after is None or after.etag != expected:
            await self.delete(target)
            raise _replaced(source)
        if source.startswith(STAGING):
            await self._mark_used(source)
        else:
            await self.delete(source)

    async def delete(self, key: str) -> None:
        place_of(key)
        async with answered(key):
            await self.client.delete_object(Bucket=self.bucket, Key=key)

    async def list(self, prefix: str = "") -> AsyncGenerator[ObjectStat]:
        """Yield the objects in the order of their keys; those that this server never made are passed over."""
        async with aclosing(self._list(prefix)) as found:
            async for stat in found:
                if not _may_be_used(stat):
                    yield stat

    async def sign_put(self, upload: Upload) -> SignedUpload | None:
        return await self.signer.sign_put(upload)

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:
        return await self.signer.sign_get(stat, headers)

    async def sweep(self, before: datetime) -> int:
        """Remove marks of used addresses, uploads in parts and local files that were begun before then."""
        removed = await in_thread(sweep_spool, self.folder, before.timestamp())
        async with aclosing(self._list(STAGING)) as found:
            async for stat in found:
                if _may_be_used(stat) and stat.modified_at < before:
                    await self.delete(stat.key)
                    removed += 1
        return removed + await self._writer.sweep(before)

    async def check(self) -> None:
        """Write and remove an object."""
        key = f"{STAGING}probe-{token_hex(8)}"
        async with answered(key):
            await self.client.put_object(Bucket=self.bucket, Key=key, Body=b"")
            await self.client.delete_object(Bucket=self.bucket, Key=key)

    @property
    def _writer(self) -> Writer:
        return Writer(self.client, self.bucket)

    async def _list(self, prefix: str) -> AsyncGenerator[ObjectStat]:
        pages = aiter(self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix))
        while True:
            async with answered(prefix):
                page = await anext(pages, None)
            if page is None:
                return
            for entry in page.get("Contents", ()):
                if is_key(entry["Key"]):
                    yield stat_of_entry(entry)

    async def _find_head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        place_of(key)
        try:
            async with answered(key):
                return await self.client.head_object(Bucket=self.bucket, Key=key)
        except NotFound:
            return None

    async def _get(self, key: str, start: int, end: int | None) -> "GetObjectOutputTypeDef | None":
        """Begin to read; None when there are no bytes behind `start`. Raises: NotFound."""
        wanted = f"bytes={start}-{'' if end is None else end - 1}"
        async with answered(key):
            try:
                got = await self.client.get_object(Bucket=self.bucket, Key=key, Range=wanted)
            except ClientError as error:
                if code_of(error) in PAST_THE_END:
                    return None
                raise
        return got

    async def _copy(self, source: str, target: str, etag: str, sha256: str | None) -> None:
        async with answered(source, PART_S):
            try:
                await self.client.copy_object(
                    Bucket=self.bucket,
                    Key=target,
                    CopySource={"Bucket": self.bucket, "Key": source},
                    CopySourceIfMatch=f'"{etag}"',
                    MetadataDirective="REPLACE",
                    Metadata={SHA256: sha256} if sha256 else {},
                    ContentType=type_of(target),
                )
            except ClientError as error:
                if code_of(error) in TAKEN:
                    raise _replaced(source) from error
                raise

    async def _mark_used(self, key: str) -> None:
        async with answered(key):
            await self.client.put_object(Bucket=self.bucket, Key=key, Body=b"", Metadata={USED: "1"})


def _may_be_used(stat: ObjectStat) -> bool:
    """Tell whether a line of a listing, which has no metadata, is that of a mark."""
    return stat.byte_size == 0 and stat.key.startswith(STAGING)


def _replaced(key: str) -> Conflict:
    return Conflict(f"The object {key!r} was replaced while it was looked at.")
