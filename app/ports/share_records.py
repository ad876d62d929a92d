"""The records of shares, and of the mails that tell of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.image import ImageId
from app.domain.outbox import OutboxEntry
from app.domain.page import Page, PageRequest
from app.domain.share import MailLimits, MailState, Share, ShareId
from app.domain.viewer import UserId


class ShareRecords(Protocol):
    """Shares outlive their images, as mails that were sent go on counting; they show nothing then."""

    async def add(self, share: Share, entry: OutboxEntry | None = None, limits: MailLimits | None = None) -> None:
        """Keep a share, and with it the outbox entry by which its mail is sent.

        Args:
            limits: Of mails in the day that ends when the share is made, of its owner and to its address, whose
                upper and lower case are the same.

        Raises:
            RateLimited: There are as many already; nothing changed.
        """
        ...

    async def find_many(self, share_ids: Sequence[ShareId]) -> Mapping[ShareId, Share]: ...

    async def list(self, owner_id: UserId, image_id: ImageId | None, page: PageRequest) -> Page[Share]:
        """Return a page of a user's shares, of one image when that is given, the newest first."""
        ...

    async def count(self, owner_id: UserId, image_id: ImageId | None) -> int: ...

    async def revoke(self, share_id: ShareId, at: datetime) -> None:
        """End a share; one that has been revoked keeps its time, and nothing happens when there is none."""
        ...

    async def view(self, share_id: ShareId, at: datetime) -> None:
        """Count a view; nothing when there is no such share."""
        ...

    async def advance_mail(
        self, share_id: ShareId, known: Collection[MailState], state: MailState, error: str | None = None
    ) -> bool:
        """Bring a mail from one of the known states to another; False, and nothing changed, when it is in none."""
        ...

    async def delete_expired(self, before: datetime) -> int:
        """Forget the shares that expired before; return how many."""
        ...
