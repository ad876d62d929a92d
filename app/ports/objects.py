"""The object store port, and the signers of addresses."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.domain.upload import SignedUpload, Upload, UploadGrant


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """An object's size in bytes, strong entity tag (unquoted) and time of writing.

    Attributes:
        cid: The content identifier of its bytes, in a store that has them.
        used_at: When it was last read, to a day; None in a store that does not know.
    """

    key: str
    byte_size: int
    etag: str
    modified_at: datetime
    cid: str | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadHeaders:
    """What a store must answer with when a client reads an object from it."""

    content_type: str
    content_disposition: str
    cache_control: str


class BlobStore(Protocol):
    """Objects by key. Keys are made by this server alone: lower-case letters, digits, `_`, `.`, `-` and `/`.

    Every method raises StorageUnavailable when the store does not answer, in time for its caller to say so.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Write an object whole, over one that is there."""
        ...

    async def put_new(self, key: str, chunks: AsyncIterator[bytes], max_bytes: int) -> int:
        """Write a stream to a key that must be free; return its size in bytes.

        Raises:
            AlreadyUploaded: There is an object under the key; it is left as it is.
            TooLarge: More than `max_bytes` came; nothing is kept.
        """
        ...

    async def copy_in(self, key: str, path: Path, max_bytes: int) -> None:
        """Write an object from a regular local file, over one that is there.

        Raises:
            SourceUnreadable: The file is gone, is no regular file, or may not be read.
            TooLarge: It has more than `max_bytes`; nothing is kept.
        """
        ...

    async def find(self, key: str) -> ObjectStat | None: ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes from `start` up to, without, `end`.

        Raises:
            NotFound: At the first step.
            DamagedObject: At the last step of a whole read, when the bytes are not what was written.
        """
        ...

    def local_file(self, key: str) -> AbstractAsyncContextManager[Path]:
        """Hold the object as a file that an imaging process can open. Raises: NotFound."""
        ...

    async def move(self, source: str, target: str, *, etag: str | None = None, sha256: str | None = None) -> None:
        """Give an object another key; done already when only the target is there.

        Args:
            etag: What the object was when it was inspected; a store in which its client can still replace it
                refuses to move anything else.
            sha256: Of its bytes, hex; a store that can keeps it with the object, to check what it reads later.

        Raises:
            NotFound
            Conflict: The object was replaced; it is where it was.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; nothing when there is none."""
        ...

    def list(self, prefix: str = "") -> AsyncGenerator[ObjectStat]: ...

    async def sign_put(self, upload: Upload) -> SignedUpload | None:
        """Return where a client PUTs the bytes of an upload; None when they come to this server itself."""
        ...

    async def sign_get(self, stat: ObjectStat, headers: ReadHeaders) -> str | None:
        """Return where a client reads an object for some minutes; None when it is read from this server itself."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Remove what broken writes before then left behind; return how many."""
        ...

    async def check(self) -> None:
        """Return when the store answers and can be written."""
        ...


class UploadSigner(Protocol):
    """Makes the addresses to which clients PUT; the store or the server behind them checks what is signed."""

    def sign_upload(self, upload: Upload) -> SignedUpload:
        """Return where the bytes go; a `url` that begins with `/` is this server's own."""
        ...


class UploadVerifier(Protocol):
    """Checks the addresses of uploads that come to this server itself."""

    def verify_upload(self, token: str, now: datetime) -> UploadGrant:
        """Return what the address allows. Raises: InvalidSignature, Expired."""
        ...


class AddressSigner(Protocol):
    """Makes and checks the addresses under which objects are read."""

    def object_path(self, key: str, *, public: bool) -> str:
        """Return the path of an object: plain when public, else signed and good for an hour at least."""
        ...

    def check_object(self, key: str, signature: str) -> None:
        """Raises: InvalidSignature, Expired."""
        ...

    def sign_variant(self, text: str) -> str:
        """Return the signature, in URL-safe base64, of what a variant's address asks for; it never expires."""
        ...

    def check_variant(self, text: str, signature: str) -> None:
        """Raises: InvalidSignature."""
        ...

    def sign_share(self, text: str) -> str:
        """Return the signature, in URL-safe base64, of what names a share in its address."""
        ...

    def check_share(self, text: str, signature: str) -> None:
        """Raises: InvalidSignature."""
        ...
