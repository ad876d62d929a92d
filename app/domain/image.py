"""The image: what a picture is to every layer."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from app.domain.animation import Animation
from app.domain.edit import EditOperation
from app.domain.errors import InvalidInput
from app.domain.metadata import Metadata
from app.domain.origin import Origin
from app.domain.viewer import UserId

ImageId = NewType("ImageId", str)
"""32 lower-case hex digits, 128 random bits."""

MAX_TITLE_LENGTH = 255
MAX_TAGS = 50
MAX_TAG_LENGTH = 64

_ID = re.compile(r"[0-9a-f]{32}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ImageFormat(StrEnum):
    """The formats that can be taken in; which are is a setting."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    WEBP = "WEBP"
    AVIF = "AVIF"
    TIFF = "TIFF"
    HEIC = "HEIC"

    @property
    def extension(self) -> str:
        """The file extension without the dot: `jpeg`, `png` …"""
        return self._value_.lower()

    @property
    def mime_type(self) -> str:
        return f"image/{self._value_.lower()}"


class ImageState(StrEnum):
    PROCESSING = "PROCESSING"
    READY = "READY"
    FAILED = "FAILED"


class ThumbnailSize(StrEnum):
    """The three thumbnails; each is a JPEG that fits a square of `bound` px."""

    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"

    @property
    def bound(self) -> int:
        """The longer side at most, in px."""
        return {"SMALL": 150, "MEDIUM": 400, "LARGE": 800}[self.value]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What can be shown before a thumbnail has arrived.

    Attributes:
        thumb_hash: ThumbHash, standard base64 (https://evanw.github.io/thumbhash/).
        blur_hash: BlurHash, base 83 (https://blurha.sh).
        data_uri: A tiny JPEG as a `data:` URI.
        dominant_color: `#rrggbb`.
    """

    thumb_hash: str
    blur_hash: str
    data_uri: str
    dominant_color: str


@dataclass(frozen=True, slots=True)
class Derived:
    """Everything that is made from the pixels.

    Attributes:
        thumbnail_bytes: Of the small, the medium and the large one; `thumbnail_sha256`, hex, is empty for old ones.
        palette: Most of the picture first, each `#rrggbb`.
        difference_hash: 64 bits as 16 hex digits.
        animation: None for a still picture, and for what was made before animations were looked at.
    """

    thumbnail_bytes: tuple[int, int, int]
    placeholder: Placeholder
    palette: tuple[str, ...]
    difference_hash: str
    metadata: Metadata
    animation: Animation | None = None
    thumbnail_sha256: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told of a picture as it is shown: `width` and `height` are px, orientation applied."""

    width: int
    height: int
    frame_count: int
    derived: Derived | None


@dataclass(frozen=True, slots=True)
class Edited:
    """What edits made of an image whose original stays as it is.

    Attributes:
        revision: Names the objects that were made.
        operations: All of them, in their order, on the original.
        format: Of the full-size picture, as are `byte_size` and `sha256`.
        original: What is shown again when the edits are taken back.
        hides_original: Whether a plugin replaced the original, which is for its owner alone then.
    """

    revision: int
    operations: tuple[EditOperation, ...]
    format: ImageFormat
    byte_size: int
    sha256: str
    original: Shown
    hides_original: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """One picture. `format`, `byte_size` and `sha256` are those of the original's bytes; `width`, `height`,
    `frame_count` and `derived` are of what is shown, edits applied.

    Attributes:
        width: px, orientation applied, as `height` is.
        edited: None when the original is shown as it is.
        revision: Rises with every change of the edits.
        client_metadata: What the client gave to be kept with the image: the text of a JSON object.
        origin: Where it was fetched from, when it was.
        is_public: A reading: one of the image's flows is public.
        reader_ids: A reading: owners and members of its flows, who may see it, too.
    """

    id: ImageId
    owner_id: UserId
    title: str
    state: ImageState
    format: ImageFormat
    width: int
    height: int
    byte_size: int
    sha256: str
    frame_count: int
    created_at: datetime
    client_type: str | None = None
    tags: tuple[str, ...] = ()
    client_metadata: str | None = None
    origin: Origin | None = None
    derived: Derived | None = None
    edited: Edited | None = None
    revision: int = 0
    is_public: bool = False
    reader_ids: frozenset[UserId] = frozenset()

    @property
    def original_key(self) -> str:
        return original_key(self.id, self.format)


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """All given parts must hold. Failed images are listed only when `states` asks for them.

    Attributes:
        min_label_score: Of `label`, by the model that is surest of it; without a label it says nothing.
        words: As `app.domain.search` splits them; all must be in title, tags, labels and names of flows together.
        similar_to: Images that look like this one, which is not among them.
    """

    flow: str | None = None
    owner_id: UserId | None = None
    tag: str | None = None
    label: str | None = None
    min_label_score: float = 0.0
    formats: tuple[ImageFormat, ...] = ()
    states: tuple[ImageState, ...] = (ImageState.PROCESSING, ImageState.READY)
    created_after: datetime | None = None
    created_before: datetime | None = None
    min_width: int | None = None
    min_height: int | None = None
    sha256: str | None = None
    origin_urls: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    similar_to: ImageId | None = None

    @property
    def has_measure(self) -> bool:
        """Whether some images fit better than others."""
        return bool(self.words) or self.similar_to is not None

    @property
    def natural_order(self) -> "ImageOrder":
        """The order of who asks for none: what fits best first, when there is a measure; else the newest."""
        return ImageOrder(ImageOrderField.RELEVANCE if self.has_measure else ImageOrderField.CREATED_AT)


class ImageOrderField(StrEnum):
    """RELEVANCE is for searches, and has one direction: with `similar_to` the nearest first; else what has all words in
    its title, then in title and tags, then anywhere, and among these the newest first."""

    RELEVANCE = "RELEVANCE"
    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    BYTE_SIZE = "BYTE_SIZE"


@dataclass(frozen=True, slots=True)
class ImageOrder:
    field: ImageOrderField = ImageOrderField.CREATED_AT
    descending: bool = True


@dataclass(frozen=True, slots=True)
class ImageChanges:
    """What an owner may change; None leaves a value as it is."""

    title: str | None = None
    tags: tuple[str, ...] | None = None


def new_image_id() -> ImageId:
    return ImageId(secrets.token_hex(16))


def is_image_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def original_key(image_id: ImageId, image_format: ImageFormat) -> str:
    return f"{image_id}.{image_format.extension}"


def thumbnail_key(image_id: ImageId, size: ThumbnailSize) -> str:
    return f"thumbnails/{image_id}_thumb_{size.value.lower()}.jpeg"


def fit_within(width: int, height: int, bound: int) -> tuple[int, int]:
    """Return (width, height) in px with the longer side at most `bound`: never enlarged, rounded
    to the nearest, at least 1."""
    longer = max(width, height)
    if longer <= bound:
        return width, height
    return (
        max(1, (2 * width * bound + longer) // (2 * longer)),
        max(1, (2 * height * bound + longer) // (2 * longer)),
    )


def clean_title(title: str) -> str:
    """Return the title trimmed.

    Raises:
        InvalidInput: It is too long, or holds control characters.
    """
    title = title.strip()
    if len(title) > MAX_TITLE_LENGTH:
        raise InvalidInput(
            f"The title has {len(title)} characters; at most {MAX_TITLE_LENGTH} are allowed.", field=("title",)
        )
    if _CONTROL.search(title):
        raise InvalidInput("The title has control characters.", field=("title",))
    return title


def clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags trimmed, in lower case, each once, in their order.

    Raises:
        InvalidInput: There are too many, or one is empty, too long or has control characters.
    """
    cleaned = tuple(dict.fromkeys(tag.strip().lower() for tag in tags))
    if len(cleaned) > MAX_TAGS:
        raise InvalidInput(f"There are {len(cleaned)} tags; at most {MAX_TAGS} are allowed.", field=("tags",))
    for tag in cleaned:
        if not 0 < len(tag) <= MAX_TAG_LENGTH or _CONTROL.search(tag):
            raise InvalidInput(
                f"The tag {tag[:80]!r} is refused: 1 to {MAX_TAG_LENGTH} printable characters.", field=("tags",)
            )
    return cleaned
