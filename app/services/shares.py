"""Shares: addresses of one image for those who cannot sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import Conflict
from app.domain.image import ImageId, ImageState, is_image_id
from app.domain.page import Page, PageRequest
from app.domain.share import PREFIX, MailState, NewShare, Share, ShareId, is_share_id
from app.domain.viewer import Viewer
from app.ports.objects import AddressSigner
from app.ports.records import Records
from app.ports.work import Clock

SHARES_PATH = "/s/"


@dataclass(frozen=True, slots=True)
class ShareService:
    records: Records
    signer: AddressSigner
    clock: Clock

    async def create(self, viewer: Viewer, new: NewShare) -> Share:
        """Give an image an address for whoever has it.

        Raises:
            Unauthenticated, Forbidden
            NotFound: There is no such image that the viewer may see.
            Conflict: The image is not ready.
            InvalidInput: A text is too long or has control characters, or the end is past or too far off.
        """
        share = await self.make(viewer, new)
        await self.records.shares.add(share)
        return share

    async def make(self, viewer: Viewer, new: NewShare) -> Share:
        """Return the share that a viewer may make, without keeping it. Raises: as `create` does."""
        policy.require_editor(viewer)
        image = await self.records.images.find(ImageId(new.image_id)) if is_image_id(new.image_id) else None
        if image is None:
            raise policy.no_image(new.image_id, "imageId")
        user = policy.share_image(viewer, image)
        if image.state is not ImageState.READY:
            raise Conflict(f"The image is {image.state.lower()}; only what is ready is shared.", field=("imageId",))
        return new.make(user.id, self.clock())

    async def revoke(self, viewer: Viewer, share_id: str) -> Share:
        """End a share at once and for good, its mail too when that was not sent; return it as it is then.

        Raises:
            Unauthenticated, Forbidden, NotFound
        """
        policy.require_editor(viewer)
        share = (await self.find_many(viewer, (ShareId(share_id),))).get(ShareId(share_id))
        if share is None:
            raise policy.no_share(share_id)
        await self.records.shares.revoke(share.id, self.clock())
        await self.records.shares.advance_mail(share.id, (MailState.WAITING,), MailState.CANCELLED)
        return (await self.records.shares.find_many((share.id,))).get(share.id, replace(share, revoked_at=self.clock()))

    async def find_many(self, viewer: Viewer, share_ids: Sequence[ShareId]) -> Mapping[ShareId, Share]:
        """Return those that exist and that the viewer may see."""
        found = await self.records.shares.find_many([one for one in share_ids if is_share_id(one)])
        return {one: share for one, share in found.items() if policy.can_see_share(viewer, share)}

    async def list_own(self, viewer: Viewer, image_id: str | None, page: PageRequest) -> Page[Share]:
        """Return a page of the viewer's shares, of one image when that is given. Raises: Unauthenticated."""
        return await self.records.shares.list(policy.require_user(viewer).id, _id_of(image_id), page)

    async def count_own(self, viewer: Viewer, image_id: str | None) -> int:
        """Raises: Unauthenticated."""
        return await self.records.shares.count(policy.require_user(viewer).id, _id_of(image_id))

    def path(self, share: Share) -> str:
        """Return the path of a share's page, signed."""
        return share_path(self.signer, share.id)


def share_path(signer: AddressSigner, share_id: ShareId) -> str:
    """Return the path under which a share is opened: its id alone opens nothing."""
    name = share_id.removeprefix(PREFIX)
    return f"{SHARES_PATH}{name}.{signer.sign_share(name)}"


def _id_of(image_id: str | None) -> ImageId | None:
    return None if image_id is None else ImageId(image_id)
