"""The imaging port: pixels, in processes of their own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.domain.edit import EditOperation
from app.domain.image import (
    Derived,
    ImageFormat,
)
from app.domain.label import Prediction
from app.domain.variant import VariantFormat, VariantSpec


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a picture before any pixel is decoded. `width` and `height` are px as shown."""

    format: ImageFormat
    width: int
    height: int
    frame_count: int
    byte_size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """The three thumbnails as JPEG bytes (small, medium, large), and all else that was made of the pixels."""

    thumbnails: tuple[bytes, bytes, bytes]
    derived: Derived


@dataclass(frozen=True, slots=True)
class VariantBytes:
    """A variant, and the format of its bytes, which is never AUTO."""

    data: bytes
    format: VariantFormat


@dataclass(frozen=True, slots=True)
class EditedBytes:
    """An edited picture at full size."""

    data: bytes
    format: ImageFormat


@dataclass(frozen=True, slots=True)
class PluginCall:
    """Which plugin is asked, and about what; `options` is the text of a JSON object."""

    name: str
    options: str
    image_id: str
    owner_id: str
    title: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PluginFinding:
    """What a plugin says, cleaned.

    Attributes:
        tags: Fit to be an image's.
        veto: Why the image is refused, if it is.
        picture: What it puts in the picture's place, if anything.
        labels: What it sees, and how sure it is.
        facts: Names and values.
        version: Of the package that the plugin is of.
    """

    tags: tuple[str, ...]
    veto: str | None
    picture: EditedBytes | None
    labels: tuple[Prediction, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    version: str = ""


class Imaging(Protocol):
    """Pixels, in processes of their own. A hostile picture costs one process, never the server."""

    async def inspect(self, path: Path) -> Header:
        """Read the header alone. Raises: InvalidImage, SourceUnreadable, TooLarge, Busy."""
        ...

    async def render(self, path: Path) -> Rendering:
        """Decode once and make everything. Raises: InvalidImage, SourceUnreadable, TooLarge, Busy."""
        ...

    async def render_variant(self, path: Path, spec: VariantSpec) -> VariantBytes:
        """Make one variant. Raises: InvalidImage, InvalidInput, SourceUnreadable, TooLarge, Busy."""
        ...

    async def edit(self, path: Path, operations: tuple[EditOperation, ...]) -> EditedBytes:
        """Do edits on the whole picture. Raises: InvalidImage, InvalidInput, SourceUnreadable, TooLarge, Busy."""
        ...

    async def run_plugin(self, path: Path, call: PluginCall) -> PluginFinding:
        """Show a picture to a plugin. Raises: PluginFailed, InvalidImage, SourceUnreadable, TooLarge, Busy."""
        ...


class Videos(Protocol):
    async def frame(self, path: Path) -> bytes | None:
        """Return a frame of a video as a JPEG; None for what is no video. Raises: InvalidImage, one of its kinds."""
        ...
