"""Reception: the bytes of uploads that come to this server itself."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from app.domain.errors import AlreadyCompleted, AlreadyUploaded, NotFound, SizeMismatch, TooLarge, TypeMismatch
from app.domain.upload import Upload, UploadGrant
from app.ports.meter import Meter
from app.ports.objects import BlobStore, UploadVerifier
from app.ports.records import Records
from app.ports.work import Clock
from app.services.metering import counts_upload


@dataclass(frozen=True, slots=True)
class ReceptionService:
    records: Records
    blobs: BlobStore
    verifier: UploadVerifier
    clock: Clock
    meter: Meter

    @counts_upload("transfer")
    async def receive(
        self, token: str, content_type: str, content_length: int | None, chunks: AsyncIterator[bytes]
    ) -> int:
        """Keep the bytes of an announced upload until it is completed; return their number.

        Nothing is read before all that can be known beforehand was checked, and nothing is kept of bytes that are
        refused. Who has the address needs no other permission; it can be used once.

        Args:
            content_type: As the client sent it; parameters and case do not matter.
            content_length: In bytes; None when the client did not say.

        Raises:
            InvalidSignature, Expired: The address.
            TypeMismatch, TooLarge, SizeMismatch: It is not what was announced.
            NotFound: The upload was refused or given up.
            AlreadyUploaded, AlreadyCompleted: The address was used before.
            InsufficientStorage
        """
        grant = self.verifier.verify_upload(token, self.clock())
        _check_type(content_type, grant)
        if content_length is not None:
            _check_size(content_length, grant)
        upload = await self._find_open(grant)
        return await self.blobs.put_new(upload.staging_key, _counted(chunks, grant), grant.byte_size)

    async def _find_open(self, grant: UploadGrant) -> Upload:
        upload = await self.records.uploads.find(grant.image_id)
        if upload is None:
            raise NotFound(f"There is no upload {grant.image_id!r} any more; begin a new one.")
        if upload.job_id is not None:
            raise AlreadyCompleted(f"The upload {upload.image_id} was completed before.", job_id=upload.job_id)
        for key in upload.possible_keys:
            if await self.blobs.find(key) is not None:
                raise AlreadyUploaded("The bytes of this upload have arrived before.")
        return upload


async def _counted(chunks: AsyncIterator[bytes], grant: UploadGrant) -> AsyncGenerator[bytes]:
    """Pass the chunks on. Raises: TooLarge as soon as there are too many bytes, SizeMismatch when too few came."""
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > grant.byte_size:
            raise _too_large(grant)
        yield chunk
    _check_size(received, grant)


def _check_type(content_type: str, grant: UploadGrant) -> None:
    if content_type.partition(";")[0].strip().lower() != grant.content_type:
        raise TypeMismatch(f"The Content-Type is {content_type[:80]!r}; {grant.content_type!r} was announced.")


def _check_size(byte_size: int, grant: UploadGrant) -> None:
    if byte_size > grant.byte_size:
        raise _too_large(grant)
    if grant.is_exact and byte_size < grant.byte_size:
        raise SizeMismatch(f"{byte_size} bytes came; {grant.byte_size} were announced.")


def _too_large(grant: UploadGrant) -> TooLarge:
    return TooLarge(f"More bytes came than the {grant.byte_size} that {_reason(grant)}.")


def _reason(grant: UploadGrant) -> str:
    return "were announced" if grant.is_exact else "are allowed"
