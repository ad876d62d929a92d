"""The upload: a ticket for one image's bytes."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInput, UnsupportedFormat
from app.domain.image import ImageFormat, ImageId, original_key
from app.domain.job import JobId
from app.domain.viewer import UserId

MAX_CLIENT_TYPE_LENGTH = 64
MAX_CLIENT_METADATA_LENGTH = 16_384

UNKNOWN_TYPE = "image/png"
"""What old pages call every picture, whatever its bytes are."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What was announced. `job_id` is there once the upload is complete.

    Attributes:
        byte_size: Exactly as many bytes are expected; at most as many when not `is_exact`.
        is_exact: Whether size and type were announced; if not, `format` is a guess, and the decoder says what it is.
        sha256: 64 lower-case hex digits, when the client announced them.
    """

    image_id: ImageId
    owner_id: UserId
    format: ImageFormat
    byte_size: int
    title: str
    flows: tuple[str, ...]
    tags: tuple[str, ...]
    sha256: str | None
    client_type: str | None
    created_at: datetime
    expires_at: datetime
    job_id: JobId | None = None
    is_exact: bool = True

    @property
    def content_type(self) -> str:
        """What the client will call the bytes."""
        return self.format.mime_type if self.is_exact else UNKNOWN_TYPE

    @property
    def possible_keys(self) -> tuple[str, ...]:
        """Where the bytes may be: staged, or in their final place when a moment, or a crash, followed the move."""
        formats = (self.format,) if self.is_exact else tuple(ImageFormat)
        return (self.staging_key, *(original_key(self.image_id, image_format) for image_format in formats))

    @property
    def staging_key(self) -> str:
        return staging_key(self.image_id)


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """Where a client PUTs the bytes, and with which headers."""

    url: str
    headers: tuple[tuple[str, str], ...]
    expires_at: datetime
    max_bytes: int


@dataclass(frozen=True, slots=True)
class UploadMetrics:
    """How long an upload took as its client saw it, in milliseconds."""

    image_id: ImageId
    client_type: str | None
    duration_ms: float
    transfer_ms: float


def staging_key(image_id: ImageId) -> str:
    """Return the key under which an upload's bytes wait until it is complete."""
    return f"staging/{image_id}"


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """What a signed address allows: one PUT of exactly, or at most, `byte_size` bytes of one type, for one image."""

    image_id: ImageId
    byte_size: int
    content_type: str
    is_exact: bool = True


def check_format(image_format: ImageFormat, taken: Collection[ImageFormat]) -> None:
    """Raises: UnsupportedFormat, when it is not among those that are taken."""
    if image_format not in taken:
        raise UnsupportedFormat(f"{image_format} is not taken; {', '.join(taken)} are.", field=("format",))


def clean_client_type(client_type: str | None) -> str | None:
    """Return the kind of client; None for an empty one. Raises: InvalidInput, when it is too long."""
    if client_type is not None and len(client_type) > MAX_CLIENT_TYPE_LENGTH:
        raise InvalidInput(
            f"`clientType` has {len(client_type)} characters; at most {MAX_CLIENT_TYPE_LENGTH} are allowed.",
            field=("clientType",),
        )
    return client_type or None


def clean_client_metadata(metadata: object) -> str | None:
    """Return what a client wants to keep as JSON text, or None for nothing.

    Raises:
        InvalidInput: It is no object, or its text is too long.
    """
    if metadata is None:
        return None
    text = json.dumps(metadata, separators=(",", ":"), sort_keys=True)
    if not isinstance(metadata, dict) or len(text) > MAX_CLIENT_METADATA_LENGTH:
        raise InvalidInput(
            f"`metadata` must be an object of at most {MAX_CLIENT_METADATA_LENGTH} characters.", field=("metadata",)
        )
    return text
