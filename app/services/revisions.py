"""Revisions: what is shown of an image, which edits and plugins make of its original."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.domain.edit import EditOperation
from app.domain.errors import DamagedObject, InvalidImage, NotFound
from app.domain.image import MAX_TAGS, Edited, Image, Shown, ThumbnailSize
from app.domain.label import Prediction
from app.domain.metadata import Fact
from app.domain.objects import edited_key, edited_thumbnail_key, picture_key
from app.domain.plugin import Vetoed
from app.ports.imaging import EditedBytes, Imaging, PluginCall, Rendering
from app.ports.objects import BlobStore


@dataclass(frozen=True, slots=True)
class Asked:
    """What plugins said of an image: its tags with theirs, and the key of the picture that is to be shown.

    Attributes:
        labels: Of each plugin that sees something.
        facts: Of all plugins.
    """

    tags: tuple[str, ...]
    key: str
    is_replaced: bool
    labels: tuple["Seen", ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a plugin sees, its name and version."""

    plugin: str
    version: str
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class RevisionService:
    """Originals are read alone; what is made of them goes under keys of its revision.

    Attributes:
        rendering: Bounds how many pictures are worked on at once; other items read and write meanwhile.
        plugins: The names of those that look at what is to be shown, in this order, each with its options as JSON.
    """

    blobs: BlobStore
    imaging: Imaging
    rendering: asyncio.Semaphore
    plugins: tuple[tuple[str, str], ...] = ()

    async def make(self, image: Image, operations: tuple[EditOperation, ...], revision: int, original: Shown) -> Image:
        """Make the objects of a revision; return the image as it is shown with them.

        Raises:
            PluginFailed, Vetoed, InvalidInput, InvalidImage, TooLarge: It cannot be shown so.
        """
        key = image.original_key
        if operations:
            async with self.rendering, self.blobs.local_file(key) as path:
                key = await self._put(image, revision, await self.imaging.edit(path, operations))
        asked = await self.ask(image, key, revision)
        if asked.key == image.original_key:
            return _as_original(image, revision, original)
        was_hidden = image.edited is not None and image.edited.hides_original
        hides = was_hidden or asked.is_replaced
        return await self.show(image, asked.key, Edit(operations, revision, original, hides))

    async def renew(self, image: Image, edited: Edited, original: Shown) -> Image:
        """Make anew what is derived from an edited picture, which stays: caches may have it for good.

        One that is lost or damaged is made again by its edits, and by the plugins as they are set now.

        Raises: as `make`.
        """
        key = picture_key(image)
        if await self._is_whole(key, edited.sha256):
            return await self.show(
                image, key, Edit(edited.operations, edited.revision, original, edited.hides_original)
            )
        return await self.make(image, edited.operations, edited.revision, original)

    async def _is_whole(self, key: str, sha256: str) -> bool:
        try:
            async with self.blobs.local_file(key) as path:
                return (await self.imaging.inspect(path)).sha256 == sha256
        except (DamagedObject, InvalidImage, NotFound):
            return False

    async def ask(self, image: Image, key: str, revision: int) -> Asked:
        """Show an object to one plugin after the other; what one puts in its place is what the next one sees.

        Raises:
            PluginFailed, Vetoed: The first one that fails, or refuses it.
        """
        asked = Asked(image.tags, key, is_replaced=False)
        for name, options in self.plugins:
            call = PluginCall(name, options, image.id, image.owner_id, image.title, asked.tags)
            async with self.rendering, self.blobs.local_file(asked.key) as path:
                finding = await self.imaging.run_plugin(path, call)
            if finding.veto is not None:
                raise Vetoed(f"The plugin {name!r} refuses the image: {finding.veto}")
            asked = replace(
                asked,
                tags=tuple(dict.fromkeys((*asked.tags, *finding.tags)))[:MAX_TAGS],
                labels=(*asked.labels, Seen(name, finding.version, finding.labels)) if finding.labels else asked.labels,
                facts=(*asked.facts, *(Fact(name, *fact) for fact in finding.facts)),
            )
            if finding.picture is not None:
                asked = replace(asked, key=await self._put(image, revision, finding.picture), is_replaced=True)
        return asked

    async def show(self, image: Image, key: str, edit: "Edit") -> Image:
        """Make the thumbnails of a picture; return the image as it is shown with them."""
        async with self.blobs.local_file(key) as path:
            header = await self.imaging.inspect(path)
        rendering = await self.render(key)
        sizes = {size: edited_thumbnail_key(image.id, edit.revision, size) for size in ThumbnailSize}
        await self.put_thumbnails(rendering, sizes)
        original = edit.original
        metadata = original.derived.metadata if original.derived else rendering.derived.metadata
        return replace(
            image,
            width=header.width,
            height=header.height,
            frame_count=header.frame_count,
            derived=replace(rendering.derived, metadata=metadata),
            edited=Edited(
                revision=edit.revision,
                operations=edit.operations,
                format=header.format,
                byte_size=header.byte_size,
                sha256=header.sha256,
                original=original,
                hides_original=edit.hides_original,
            ),
            revision=edit.revision,
        )

    async def render(self, key: str) -> Rendering:
        async with self.rendering, self.blobs.local_file(key) as path:
            return await self.imaging.render(path)

    async def put_thumbnails(self, rendering: Rendering, keys: Mapping[ThumbnailSize, str]) -> None:
        pairs = zip(keys.values(), rendering.thumbnails, strict=True)
        await asyncio.gather(*(self.blobs.put(key, data) for key, data in pairs))

    async def _put(self, image: Image, revision: int, made: EditedBytes) -> str:
        key = edited_key(image.id, revision, made.format)
        await self.blobs.put(key, made.data)
        return key


@dataclass(frozen=True, slots=True)
class Edit:
    """How a picture came about; `hides_original` when what a plugin took out of it is not to be seen."""

    operations: tuple[EditOperation, ...]
    revision: int
    original: Shown
    hides_original: bool


def original_of(image: Image) -> Shown:
    """Return how an image is shown without edits."""
    if image.edited is not None:
        return image.edited.original
    return Shown(image.width, image.height, image.frame_count, image.derived)


def _as_original(image: Image, revision: int, original: Shown) -> Image:
    return replace(
        image,
        width=original.width,
        height=original.height,
        frame_count=original.frame_count,
        derived=original.derived,
        edited=None,
        revision=revision,
    )
