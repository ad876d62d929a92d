"""Variants: signed addresses, and bytes that are made at the first hit."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace

from app.domain import policy
from app.domain.errors import InvalidInput, InvalidSignature, NotFound
from app.domain.framing import Frame, check_motion, frame_of
from app.domain.image import Image, ImageId, ImageState
from app.domain.objects import picture_key, shown_revision
from app.domain.variant import VariantFormat, VariantSpec
from app.domain.variant_text import Version, parse_version, variant_key, write_version
from app.domain.viewer import Viewer
from app.ports.imaging import Imaging
from app.ports.objects import AddressSigner, BlobStore, ObjectStat
from app.ports.records import Records
from app.services.objects import MovedObject
from app.services.presets import Presets
from app.services.single_flight import SingleFlight

MAX_WIDTHS = 20
DEFAULT_WIDTHS = (320, 640, 960, 1280, 1920)

_FOLDER = "variants"
_LAST_RESORTS = (VariantFormat.JPEG, VariantFormat.PNG)
"""What AUTO comes down to for a client that knows neither AVIF nor WebP."""


@dataclass(frozen=True, slots=True)
class OpenedVariant:
    """The object of a variant, whether everybody may see it, and whether it depends on what the client accepts."""

    stat: ObjectStat
    is_public: bool
    is_negotiated: bool


@dataclass(frozen=True, slots=True)
class VariantService:
    """An address says what is wanted, and its signature that this server offered it: nobody can ask for other sizes."""

    records: Records
    blobs: BlobStore
    imaging: Imaging
    signer: AddressSigner
    holds_back: bool = False
    presets: Presets = field(default_factory=Presets)
    mark: str = ""
    """What stands for the watermark, so that another one gets other addresses; none where there is no watermark."""
    hold: Callable[[str], AbstractAsyncContextManager[object]] = nullcontext
    """Keeps other server processes from making what this one makes, as far as they can be reached."""
    flights: SingleFlight[ObjectStat] = field(default_factory=SingleFlight)

    def frame(self, image: Image, spec: VariantSpec) -> Frame:
        """Return what a variant shows, and its size.

        Raises:
            InvalidInput: It does not fit the image, or the server.
            NotFound: There are only presets, and it is none.
        """
        self.presets.check(spec)
        if spec.is_marked and not self.mark:
            raise InvalidInput("This server has no watermark: `GF_WATERMARK` is not set.", field=("watermark",))
        if spec.frame >= image.frame_count:
            raise InvalidInput(f"`frame` is {spec.frame}; the image has {image.frame_count}.", field=("frame",))
        frame = frame_of(spec, image.width, image.height)
        check_motion(spec, frame, image.frame_count)
        return frame

    def path(self, image: Image, spec: VariantSpec) -> str:
        """Return the path under which a variant is made and read; it expires unless the image is public."""
        signed = f"{image.id}/{write_version(self._version(image, spec))}"
        name = f"{self.signer.sign_variant(signed)}.{spec.format.extension}"
        return self.signer.object_path(f"{_FOLDER}/{signed}/{name}", public=image.is_public)

    def responsive(
        self, image: Image, widths: tuple[int, ...] | None, formats: tuple[VariantFormat, ...]
    ) -> tuple[tuple[VariantSpec, ...], ...]:
        """Return a variant for each width, the narrowest first, of each format; none is wider than the image.

        Args:
            widths: None for those of the presets when there are only presets, else for `DEFAULT_WIDTHS`.

        Raises:
            InvalidInput: There are none or too many, or one is out of its range.
            NotFound: There are only presets, and a width is none.
        """
        if widths is None:
            widths = self.presets.widths() if self.presets.are_all else DEFAULT_WIDTHS
        for name, given in (("widths", widths), ("formats", formats)):
            if not 1 <= len(given) <= MAX_WIDTHS:
                raise InvalidInput(f"Give 1 to {MAX_WIDTHS} {name}, not {len(given)}.", field=(name,))
        specs = [VariantSpec(width=width) for width in sorted(widths, reverse=True)]
        possible = {self.frame(image, spec).canvas[0]: spec for spec in specs}  # of equal ones the narrowest
        chosen = sorted(
            (width, spec if self.presets.are_all else VariantSpec(width=width)) for width, spec in possible.items()
        )
        return tuple(tuple(replace(spec, format=wanted) for _, spec in chosen) for wanted in dict.fromkeys(formats))

    async def find_byte_size(self, image: Image, spec: VariantSpec) -> int | None:
        """Return the size in bytes of a variant that is made; None of AUTO, which has several."""
        if spec.format is VariantFormat.AUTO:
            return None
        stat = await self.blobs.find(self._key(image, spec, spec.format.extension))
        return stat.byte_size if stat else None

    async def open(
        self, viewer: Viewer, address: str, signature: str | None, accepted: frozenset[str]
    ) -> OpenedVariant | MovedObject:
        """Return the variant of an address, which is made when it is not there yet, or where it is after an edit.

        Args:
            address: What comes after `variants/`: image, specification, signature and extension.
            signature: Of an image that not everybody may see.
            accepted: The media types that the client names as acceptable.

        Raises:
            InvalidSignature: The address was altered.
            NotFound: There is no such image, or none that the viewer may see; or there are only presets, and this is
                none.
            Expired: The signature of an image that the viewer may not see without.
            InvalidImage, TooLarge: The original cannot be worked on.
            Busy, InsufficientStorage: Come back later.
        """
        image_id, version = self._read(address)
        spec = version.spec
        self.presets.check(spec)
        image = await self.records.images.find(image_id)
        if image is None or not policy.can_see_image(viewer, image):
            if signature is None:
                raise _no_variant()
            self.signer.check_object(f"{_FOLDER}/{address}", signature)
        if image is None or (self.holds_back and image.state is not ImageState.READY):
            raise _no_variant()
        if version != self._version(image, spec):
            return self._find_current(image, spec)
        stat = await self._find_or_make(image, _negotiate(spec, accepted))
        return OpenedVariant(stat, image.is_public, spec.format is VariantFormat.AUTO)

    async def open_preview_frame(self, viewer: Viewer, image_id: str, number: int) -> OpenedVariant:
        """Return a preview frame of an animation as a PNG, by its number from 0, made when it is not there yet.

        Raises:
            NotFound: There is no such image that the viewer may see, or it has no such frame.
            InvalidImage, TooLarge, Busy, InsufficientStorage
        """
        image = await self.records.images.find(ImageId(image_id))
        if image is None or not policy.can_see_image(viewer, image):
            raise _no_variant()
        frames = image.derived.animation.preview_frames if image.derived and image.derived.animation else ()
        if number >= len(frames):
            raise _no_variant()
        spec = VariantSpec(format=VariantFormat.PNG, frame=frames[number])
        return OpenedVariant(await self._find_or_make(image, spec), image.is_public, is_negotiated=False)

    async def make(self, image: Image, spec: VariantSpec, accepted: frozenset[str]) -> ObjectStat:
        """Return a variant of an image that its caller may see, made when it is not there yet.

        Raises:
            InvalidImage, TooLarge, Busy, InsufficientStorage
        """
        return await self._find_or_make(image, _negotiate(spec, accepted))

    def read(self, stat: ObjectStat, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes of an opened variant from `start` up to, without, `end`. Raises: NotFound."""
        return self.blobs.read(stat.key, start, end)

    def _find_current(self, image: Image, spec: VariantSpec) -> MovedObject:
        """Return where the variant is of what is shown now. Raises: NotFound, when there is none."""
        try:
            self.frame(image, spec)
        except InvalidInput as error:
            raise _no_variant() from error
        return MovedObject(self.path(image, spec))

    def _read(self, address: str) -> tuple[ImageId, Version]:
        """Return what an address asks for: whose variant, and which.

        Raises:
            InvalidSignature, NotFound
        """
        signed, _, name = address.rpartition("/")
        signature, _, extension = name.partition(".")
        self.signer.check_variant(signed, signature)
        image_id, _, text = signed.partition("/")
        try:
            version = parse_version(text)
        except InvalidInput as error:  # signed by another version of this server
            raise _no_variant() from error
        if extension != version.spec.format.extension:
            raise InvalidSignature("The address of this variant was altered.")
        return ImageId(image_id), version

    async def _find_or_make(self, image: Image, spec: VariantSpec) -> ObjectStat:
        stat = await self._find(image, spec)
        return stat or await self.flights.run(self._key(image, spec, ""), lambda: self._make(image, spec))

    async def _find(self, image: Image, spec: VariantSpec) -> ObjectStat | None:
        for candidate in _LAST_RESORTS if spec.format is VariantFormat.AUTO else (spec.format,):
            stat = await self.blobs.find(self._key(image, spec, candidate.extension))
            if stat is not None:
                return stat
        return None

    async def _make(self, image: Image, spec: VariantSpec) -> ObjectStat:
        async with self.hold(self._key(image, spec, "")):
            # A flight, here or in another process, may have landed since the caller looked.
            return await self._find(image, spec) or await self._make_now(image, spec)

    async def _make_now(self, image: Image, spec: VariantSpec) -> ObjectStat:
        async with self.blobs.local_file(picture_key(image)) as path:
            made = await self.imaging.render_variant(path, spec)
        key = self._key(image, spec, made.format.extension)
        await self.blobs.put(key, made.data)
        stat = await self.blobs.find(key)
        if stat is None:
            raise _no_variant()  # its image was deleted in this very moment
        return stat

    def _version(self, image: Image, spec: VariantSpec) -> Version:
        return Version(spec, shown_revision(image), self.mark if spec.is_marked else "")

    def _key(self, image: Image, spec: VariantSpec, extension: str) -> str:
        return variant_key(image.id, self._version(image, spec), extension)


def _negotiate(spec: VariantSpec, accepted: frozenset[str]) -> VariantSpec:
    if spec.format is VariantFormat.AUTO:
        for better in (VariantFormat.WEBP,) if spec.is_animated else (VariantFormat.AVIF, VariantFormat.WEBP):
            if better.mime_type in accepted:
                return replace(spec, format=better)
    return spec


def _no_variant() -> NotFound:
    return NotFound("There is no such object.")
