"""What others see of a share: its page, and pictures that are made anew and carry nothing but pixels."""

import logging
from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import Busy, InsufficientStorage, InvalidSignature, NotFound
from app.domain.framing import frame_of
from app.domain.image import Image, ImageState, ThumbnailSize
from app.domain.objects import shown_thumbnail_key
from app.domain.share import PREFIX, Share, ShareId
from app.domain.variant import VariantSpec
from app.domain.viewer import Viewer
from app.ports.objects import AddressSigner, BlobStore, ObjectStat
from app.ports.records import Records
from app.ports.work import Clock
from app.services.variants import VariantService

PICTURE = VariantSpec(width=2_048, height=2_048)
"""What the page shows: as large as most screens, px; in the best format that the browser takes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """A share that is open, its image, who shares it, and the size of its picture in px."""

    share: Share
    image: Image
    sender: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SharePageService:
    records: Records
    blobs: BlobStore
    variants: VariantService
    signer: AddressSigner
    clock: Clock

    async def open(self, token: str) -> OpenedShare:
        """Return what an address shows.

        Raises:
            NotFound: It was altered, its share is revoked, past its end or unknown, its image is gone, or who shares it
                may not any more: all the same to whoever asks.
        """
        share = await self._find(token)
        image = await self.records.images.find(share.image_id) if share else None
        if share is None or image is None or image.state is not ImageState.READY:
            raise _no_share()
        user = (await self.records.users.find_many((share.owner_id,))).get(share.owner_id)
        if user is None or not policy.can_share_image(Viewer(user), image):
            raise _no_share()
        return OpenedShare(share, image, user.name, frame_of(PICTURE, image.width, image.height).canvas)

    async def count_view(self, opened: OpenedShare) -> None:
        """Count that somebody looked; what cannot be counted is shown all the same."""
        try:
            await self.records.shares.view(opened.share.id, self.clock())
        except (Busy, InsufficientStorage) as error:
            log.warning("view not counted", extra={"code": error.code})

    async def picture(self, token: str, accepted: frozenset[str]) -> ObjectStat:
        """Return the picture of an address, made when it is not there yet.

        Args:
            accepted: The media types that the client names as acceptable.

        Raises:
            NotFound: As `open` does.
            InvalidImage, TooLarge: The original cannot be worked on.
            Busy, InsufficientStorage: Come back later.
        """
        return await self.variants.make((await self.open(token)).image, PICTURE, accepted)

    async def preview(self, token: str) -> ObjectStat:
        """Return a small JPEG of the picture, for mails and for link previews. Raises: NotFound."""
        opened = await self.open(token)
        stat = await self.blobs.find(shown_thumbnail_key(opened.image, ThumbnailSize.LARGE))
        if stat is None:
            raise _no_share()
        return stat

    async def _find(self, token: str) -> Share | None:
        name, _, signature = token.partition(".")
        try:
            self.signer.check_share(name, signature)
        except InvalidSignature:
            return None
        share_id = ShareId(PREFIX + name)
        share = (await self.records.shares.find_many((share_id,))).get(share_id)
        return share if share is not None and share.is_open(self.clock()) else None


def _no_share() -> NotFound:
    return NotFound("This share is not there, or not any more.")
