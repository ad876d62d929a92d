"""Telling somebody of a share by mail: accepted with the share, and sent by the outbox."""

from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import MailNotSetUp
from app.domain.outbox import OutboxEntry
from app.domain.share import SHARE_MAIL, MailLimits, MailState, NewShare, Share, clean_line
from app.domain.viewer import Viewer
from app.ports.mail import Mailer
from app.ports.records import Records
from app.ports.work import OUTBOX_TOPIC, Bell
from app.services.shares import ShareService

LANE = "mail"
"""All mails go to the same server."""


@dataclass(frozen=True, slots=True)
class ShareMailService:
    """`mailer` is None when no mail is set up."""

    shares: ShareService
    records: Records
    mailer: Mailer | None
    bell: Bell
    limits: MailLimits

    async def send(self, viewer: Viewer, new: NewShare, email: str, base_url: str) -> Share:
        """Share an image, and tell one address of it, once.

        Args:
            base_url: Of the address in the mail, as the viewer reached this server.

        Raises:
            MailNotSetUp
            RateLimited: The viewer sent, or the address was sent, as many mails in a day as is allowed.
            InvalidInput: The address is none or several; and as `ShareService.create` says.
            Unauthenticated, Forbidden, NotFound, Conflict: As `ShareService.create` says.
        """
        policy.require_editor(viewer)
        if self.mailer is None:
            raise MailNotSetUp("This server sends no mail: GF_SMTP_URL is not set. Use `createShare` instead.")
        made = await self.shares.make(viewer, replace(new, title=clean_line(new.title, "subject")))
        share = replace(made, email=self.mailer.check(email), mail_state=MailState.WAITING)
        entry = OutboxEntry(SHARE_MAIL, f"{share.id} {base_url}", share.created_at, LANE)
        await self.records.shares.add(share, entry, self.limits)
        await self.bell.ring(OUTBOX_TOPIC)
        return share
