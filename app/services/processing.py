"""What is done to one image of a job, kind by kind: the recipes that the job engine follows."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from app.domain.errors import AlreadyUploaded, InvalidImage, NotFound, QuotaExceeded
from app.domain.image import Image, ImageChanges, ImageState, Shown, clean_tags, clean_title, thumbnail_key
from app.domain.image import ThumbnailSize as Size
from app.domain.job import Claim, JobKind, JobStep
from app.domain.label import Classification
from app.domain.metadata import Metadata
from app.domain.origin import Origin
from app.domain.quota import UNLIMITED, Quota
from app.domain.upload import staging_key
from app.ports.imaging import Imaging, Rendering, Videos
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.remote import Fetcher
from app.ports.work import Clock, Recipes
from app.services.flows import FlowService
from app.services.revisions import Asked, Edit, RevisionService


@dataclass(frozen=True, slots=True)
class ProcessingService:
    """Every step may be run again after a crash at any point: writes go to keys and records named by the item.

    Attributes:
        revisions: Makes what is shown.
        fills_in: Whether a title and tags that nobody gave are taken from what is written in the picture.
    """

    records: Records
    blobs: BlobStore
    imaging: Imaging
    fetcher: Fetcher
    videos: Videos
    flows: FlowService
    clock: Clock
    max_bytes: int
    revisions: RevisionService
    fills_in: bool = True
    quota: Quota = UNLIMITED

    def recipes(self) -> Recipes:
        """Return what is done with bytes that are here."""
        return {JobKind.UPLOADED: self.process_upload, JobKind.LOCAL: self.process_local}

    def fetching(self) -> Recipes:
        """Return what waits for others."""
        return {JobKind.EXTERNAL: self.process_external}

    async def process_upload(self, claim: Claim) -> AsyncGenerator[JobStep]:
        """Make everything that is derived from an image whose bytes are in the store."""
        image = await self.records.images.find(claim.item.image_id)
        yield JobStep.FETCH
        if image is not None:
            async for step in self.derive(image):
                yield step

    async def process_external(self, claim: Claim) -> AsyncGenerator[JobStep]:
        """Fetch an image from outside into the store, then go on as with an upload.

        Raises:
            FetchRefused, FetchFailed, FetchStatus, FetchIncomplete, TooLarge, InvalidImage: In the first step, when
                there is no picture that we take.
        """
        image = await self.records.images.find(claim.item.image_id)
        if image is None:
            await self._fetch(claim)
            image = await self.take_in(claim, title=_title_of(claim.item.origin))
        yield JobStep.FETCH
        async for step in self.derive(image, stopgap=_title_of(claim.item.origin)):
            yield step

    async def process_local(self, claim: Claim) -> AsyncGenerator[JobStep]:
        """Copy a local file into the store, then go on as with an upload.

        Raises:
            SourceUnreadable, TooLarge, InvalidImage: In the first step, when the file is not a picture that we take.
        """
        image = await self.records.images.find(claim.item.image_id)
        if image is None:
            source = Path(claim.item.source or "")
            await self.blobs.copy_in(staging_key(claim.item.image_id), source, self.max_bytes)
            image = await self.take_in(claim, title=source.stem)
        yield JobStep.FETCH
        async for step in self.derive(image, stopgap=Path(claim.item.source or "").stem):
            yield step

    async def _fetch(self, claim: Claim) -> None:
        """Fetch into staging, unless an earlier attempt did: an object is there whole or not at all."""
        key, url = staging_key(claim.item.image_id), claim.item.origin.url if claim.item.origin else ""
        if await self.blobs.find(key) is None:
            async with aclosing(self.fetcher.fetch(url, self.max_bytes)) as chunks:
                with suppress(AlreadyUploaded):
                    await self.blobs.put_new(key, chunks, self.max_bytes)
        await self._show_video(key)

    async def _show_video(self, key: str) -> None:
        """Put a frame in the place of a staged video. Raises: InvalidImage, and nothing is staged any more."""
        try:
            async with self.blobs.local_file(key) as path:
                frame = await self.videos.frame(path)
        except InvalidImage:
            await self.blobs.delete(key)
            raise
        if frame is not None:
            await self.blobs.put(key, frame)

    async def take_in(self, claim: Claim, *, title: str, tags: tuple[str, ...] = ()) -> Image:
        """Make an image of what is staged. Raises: InvalidImage, QuotaExceeded, and nothing is kept of it."""
        key = staging_key(claim.item.image_id)
        try:
            async with self.blobs.local_file(key) as path:
                header = await self.imaging.inspect(path)
        except InvalidImage:
            await self.blobs.delete(key)
            raise
        image = Image(
            id=claim.item.image_id,
            owner_id=claim.job.owner_id,
            title=clean_title(_printable(title)),
            state=ImageState.PROCESSING,
            format=header.format,
            width=header.width,
            height=header.height,
            byte_size=header.byte_size,
            sha256=header.sha256,
            frame_count=header.frame_count,
            created_at=self.clock(),
            client_type=claim.job.client_type,
            tags=tags,
            origin=claim.item.origin,
        )
        await self.blobs.move(key, image.original_key, sha256=header.sha256)
        await self.flows.create_missing(claim.job.flows, claim.job.owner_id)
        try:
            return await self.records.images.add(image, claim.job.flows, self.quota)
        except QuotaExceeded:
            await self.blobs.delete(image.original_key)
            raise

    async def derive(self, image: Image, *, stopgap: str = "") -> AsyncGenerator[JobStep]:
        """Make everything. The stopgap is a title that the image has for want of a better one."""
        asked = None
        if self.revisions.plugins and image.derived is None:
            asked = await self.revisions.ask(image, image.original_key, 0)
            yield JobStep.PLUGIN
        rendering = with_facts(await self.revisions.render(image.original_key), asked, image)
        made = await self._replace(image, asked, rendering) if asked and asked.is_replaced else None
        yield JobStep.TRANSFORM
        await self.revisions.put_thumbnails(rendering, {size: thumbnail_key(image.id, size) for size in Size})
        tagged = await self._note(image, asked) if asked else image
        if self.fills_in and image.derived is None:
            await self._fill_in(tagged, rendering.derived.metadata, clean_title(_printable(stopgap)))
        if made is not None:
            await self.records.edits.show(made)
        else:
            await self.records.images.finish(image.id, rendering.derived)
        yield JobStep.PERSIST

    async def _replace(self, image: Image, asked: Asked, rendering: Rendering) -> Image:
        """Return the image as it is shown with the picture that plugins put in its place."""
        original = Shown(image.width, image.height, image.frame_count, rendering.derived)
        return await self.revisions.show(image, asked.key, Edit((), 0, original, hides_original=True))

    async def _note(self, image: Image, asked: Asked) -> Image:
        """Keep the tags and labels of plugins; return the image with the tags."""
        if asked.tags != image.tags:
            with suppress(NotFound):  # it was deleted meanwhile
                await self.records.images.update(image.id, ImageChanges(tags=asked.tags))
        for seen in asked.labels:
            said = Classification(image.id, f"plugin:{seen.plugin}", seen.version, self.clock(), seen.predictions)
            await self.records.labels.put(said)
        return replace(image, tags=asked.tags)

    async def _fill_in(self, image: Image, metadata: Metadata, stopgap: str) -> None:
        """Take from the picture what nobody gave."""
        title = metadata.title if image.title in ("", stopgap) else None
        tags = clean_tags(metadata.keywords) if not image.tags else ()
        if title or tags:
            with suppress(NotFound):  # it was deleted meanwhile
                await self.records.images.update(image.id, ImageChanges(title, tags or None))


def with_facts(rendering: Rendering, asked: Asked | None, image: Image) -> Rendering:
    """Return a rendering with what plugins say, or once said."""
    known = image.derived.metadata.facts if image.derived else ()
    derived = rendering.derived
    metadata = replace(derived.metadata, facts=asked.facts if asked else known)
    return replace(rendering, derived=replace(derived, metadata=metadata))


def _title_of(origin: Origin | None) -> str:
    """Return the name of the file at the end of an address."""
    return PurePosixPath(unquote(urlsplit(origin.url).path if origin else "")).stem


def _printable(name: str) -> str:
    """Return a file's name as a title: without what cannot be shown or encoded, and not too long."""
    text = name.encode("utf-8", "replace").decode()
    return "".join(character for character in text if character.isprintable())[:255]
