"""Sending the mails of shares, each once.

A mail server that has a mail, and dies or falls silent before it says so, leaves us not knowing. So that a mail is
handed over is written down before it is. Whoever finds that written, and nothing after it, does not send again: the
mail is UNCERTAIN, which its sender sees, and may share anew. Everything before that point is tried again.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from app.domain.errors import LeaseLost, MailUnanswered, MailUnavailable, Undeliverable
from app.domain.job import ItemError
from app.domain.outbox import OutboxEntry
from app.domain.share import PREFIX, MailState, Share, ShareId, ShareMail
from app.ports.mail import Mailer
from app.ports.objects import AddressSigner
from app.ports.records import Records
from app.ports.work import Clock
from app.services.shares import share_path

DELAYS_S = (10.0, 60.0, 300.0, 1_200.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0)
"""Half a day in all, each shortened by jitter."""

GRACE_S = 5.0
"""How long a process that is told to stop goes on waiting for the answer to a mail."""

_UNKNOWN = "Nobody heard whether the mail server took the mail; it is not sent again, so that it cannot come twice."
_WAITING = (MailState.WAITING,)
_BEGUN = (MailState.WAITING, MailState.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class ShareMailSender:
    records: Records
    mailer: Mailer | None
    signer: AddressSigner
    clock: Clock

    async def deliver(self, entry: OutboxEntry) -> None:
        """Send the mail of a share, unless it was handed over before, or is not wanted any more.

        Raises:
            MailUnavailable: Try again later.
            Undeliverable: The mail server refuses it for good.
            LeaseLost: Somebody else handed it over.
        """
        share_id, _, base_url = entry.payload.partition(" ")
        share = (await self.records.shares.find_many((ShareId(share_id),))).get(ShareId(share_id))
        if share is None:
            return
        if share.mail_state is MailState.HANDED_OVER:
            await self._advance(share.id, (MailState.HANDED_OVER,), MailState.UNCERTAIN, _UNKNOWN)
        elif share.mail_state is MailState.WAITING and not share.is_open(self.clock()):
            await self._advance(share.id, _WAITING, MailState.CANCELLED)
        elif share.mail_state is MailState.WAITING:
            await _outlast(self._send(share, base_url))

    async def give_up(self, entry: OutboxEntry, error: ItemError) -> None:
        """Tell the sender why their mail is not sent."""
        share_id = ShareId(entry.payload.partition(" ")[0])
        await self._advance(share_id, _WAITING, MailState.FAILED, error.message)
        await self._advance(share_id, (MailState.HANDED_OVER,), MailState.UNCERTAIN, _UNKNOWN)

    async def _send(self, share: Share, base_url: str) -> None:
        if self.mailer is None:
            raise MailUnavailable("This server sends no mail any more.")

        async def hand_over() -> None:
            if not await self._advance(share.id, _WAITING, MailState.HANDED_OVER):
                raise LeaseLost("Somebody else has handed the mail over, or it was cancelled.")

        try:
            await self.mailer.send(await self._mail_of(share, base_url), hand_over)
        except MailUnanswered:
            await self._advance(share.id, (MailState.HANDED_OVER,), MailState.UNCERTAIN, _UNKNOWN)
        except (MailUnavailable, Undeliverable) as error:
            await self._advance(share.id, _BEGUN, MailState.WAITING, error.message)
            raise
        else:
            # UNCERTAIN when our lease ran out meanwhile: now it is known.
            await self._advance(share.id, (MailState.HANDED_OVER, MailState.UNCERTAIN), MailState.SENT)

    async def _mail_of(self, share: Share, base_url: str) -> ShareMail:
        user = (await self.records.users.find_many((share.owner_id,))).get(share.owner_id)
        page_url = base_url + share_path(self.signer, share.id)
        return ShareMail(
            id=share.id.removeprefix(PREFIX),
            to=share.email or "",
            sender=user.name if user else "somebody",
            title=share.title,
            message=share.message,
            page_url=page_url,
            preview_url=f"{page_url}/preview.jpeg",
            at=share.created_at,
            expires_at=share.expires_at,
        )

    async def _advance(
        self, share_id: ShareId, known: tuple[MailState, ...], state: MailState, error: str | None = None
    ) -> bool:
        return await self.records.shares.advance_mail(share_id, known, state, error)


async def _outlast(sending: Coroutine[Any, Any, None]) -> None:
    """Do the work; whoever cancels it waits for a moment first, as it is a pity to leave a mail half sent."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=GRACE_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
