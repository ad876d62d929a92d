"""Sending the mails of shares on a real database to a real mail server: each once, whatever happens between."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path

import pytest

from app.blobs.signing import LocalSigner
from app.domain.errors import DomainError, LeaseLost, MailUnavailable, Undeliverable
from app.domain.image import new_image_id
from app.domain.job import ItemError
from app.domain.outbox import OutboxEntry
from app.domain.share import SHARE_MAIL, MailState, Share, new_share_id
from app.domain.viewer import Role, User, UserId
from app.mail.settings import MailServer as Target
from app.mail.smtp import SmtpMailer
from app.records.sqlite.database import SqliteRecords, open_records
from app.services.share_delivery import ShareMailSender
from tests.mail_server import BREAK_OFF, HANG, MailServer, open_mail_server

NOW = datetime.now(UTC)
ADA = User(UserId("user:ada"), "Ada", Role.EDITOR, NOW)


@dataclass
class Desk:
    """A share whose mail waits, and the mail server that is to have it."""

    records: SqliteRecords
    sender: ShareMailSender
    server: MailServer
    share: Share

    @property
    def entry(self) -> OutboxEntry:
        return OutboxEntry(SHARE_MAIL, f"{self.share.id} https://images.example", NOW)

    async def deliver(self) -> type[DomainError] | None:
        """Return how the delivery failed."""
        try:
            await self.sender.deliver(self.entry)
        except DomainError as error:
            return type(error)
        return None

    async def state(self) -> MailState | None:
        return (await self.records.shares.find_many((self.share.id,)))[self.share.id].mail_state

    async def set_state(self, state: MailState) -> None:
        await self.records.shares.advance_mail(self.share.id, tuple(MailState), state)


def make_share(**values: object) -> Share:
    defaults = {
        "id": new_share_id(),
        "image_id": new_image_id(),
        "owner_id": ADA.id,
        "title": "Harbour",
        "message": "Look!",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "email": "eve@example.org",
        "mail_state": MailState.WAITING,
    }
    return Share(**{**defaults, **values})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    with open_mail_server() as server:
        target = Target("127.0.0.1", server.port, False, "", "", Address("GF", "gf", "img.test"))
        async with open_records(tmp_path / "records.sqlite") as records:
            await records.users.add(ADA)
            share = make_share()
            await records.shares.add(share)
            mailer = SmtpMailer(target, step_s=2, answer_s=2)
            yield Desk(records, ShareMailSender(records, mailer, LocalSigner(("k" * 32,)), lambda: NOW), server, share)


async def test_sends_a_mail_once_however_often_it_is_delivered(desk: Desk) -> None:
    answers = [await desk.deliver() for _ in range(3)]

    [mail] = desk.server.mails
    assert (answers, await desk.state()) == ([None] * 3, MailState.SENT)
    text = mail.message.get_body(("plain",)).get_content()
    assert f"https://images.example/s/{desk.share.id.removeprefix('share:')}." in text
    assert "Shared by Ada" in text


async def test_one_of_two_hands_over(desk: Desk) -> None:
    answers = await asyncio.gather(desk.deliver(), desk.deliver())

    assert len(desk.server.mails) == 1
    assert set(answers) <= {None, LeaseLost}
    assert await desk.state() is MailState.SENT


@pytest.mark.parametrize("answer", [HANG, BREAK_OFF])
async def test_does_not_send_again_what_may_have_been_sent(desk: Desk, answer: str) -> None:
    desk.server.data = answer

    first = await desk.deliver()
    uncertain = await desk.state()
    desk.server.data = "250 OK"
    again = await desk.deliver()

    assert (first, again, len(desk.server.mails)) == (None, None, 1)
    assert (uncertain, await desk.state()) == (MailState.UNCERTAIN, MailState.UNCERTAIN)


async def test_does_not_send_again_what_a_process_that_died_had_begun(desk: Desk) -> None:
    await desk.set_state(MailState.HANDED_OVER)

    assert await desk.deliver() is None

    assert (await desk.state(), desk.server.mails) == (MailState.UNCERTAIN, [])


@pytest.mark.parametrize(("rcpt", "data"), [("451 later", "250 OK"), (BREAK_OFF, "250 OK"), ("250 OK", "451 later")])
async def test_tries_again_what_was_not_taken(desk: Desk, rcpt: str, data: str) -> None:
    desk.server.rcpt, desk.server.data = rcpt, data
    first, waiting = await desk.deliver(), await desk.state()
    desk.server.mails.clear()

    desk.server.rcpt = desk.server.data = "250 OK"
    again = await desk.deliver()

    assert (first, waiting) == (MailUnavailable, MailState.WAITING)
    assert (again, await desk.state(), len(desk.server.mails)) == (None, MailState.SENT, 1)


@pytest.mark.parametrize(("rcpt", "data"), [("550 no such user", "250 OK"), ("250 OK", "554 spam")])
async def test_tells_the_sender_of_a_refusal(desk: Desk, rcpt: str, data: str) -> None:
    desk.server.rcpt, desk.server.data = rcpt, data

    assert await desk.deliver() is Undeliverable
    await desk.sender.give_up(desk.entry, ItemError(Undeliverable.code, "The mail server does not take it (550)."))

    share = (await desk.records.shares.find_many((desk.share.id,)))[desk.share.id]
    assert (share.mail_state, share.mail_error) == (MailState.FAILED, "The mail server does not take it (550).")


async def test_giving_up_says_uncertain_of_what_may_have_been_sent(desk: Desk) -> None:
    await desk.set_state(MailState.HANDED_OVER)

    await desk.sender.give_up(desk.entry, ItemError(Undeliverable.code, "The processes were lost."))

    assert await desk.state() is MailState.UNCERTAIN


async def test_sends_nothing_of_a_share_that_has_ended(desk: Desk) -> None:
    await desk.records.shares.revoke(desk.share.id, NOW)

    assert await desk.deliver() is None

    assert (await desk.state(), desk.server.mails) == (MailState.CANCELLED, [])


async def test_sends_nothing_of_a_share_that_is_not_there(desk: Desk) -> None:
    desk.share = replace(desk.share, id=new_share_id())

    assert await desk.deliver() is None

    assert desk.server.mails == []


async def test_a_process_that_stops_waits_for_the_answer_to_a_mail(desk: Desk) -> None:
    delivery = asyncio.create_task(desk.sender.deliver(desk.entry))
    while not desk.server.mails:
        await asyncio.sleep(0)
    delivery.cancel()

    with pytest.raises(asyncio.CancelledError):
        await delivery

    assert await desk.state() is MailState.SENT


async def test_waits_when_mail_is_not_set_up_any_more(desk: Desk) -> None:
    desk.sender = replace(desk.sender, mailer=None)

    assert await desk.deliver() is MailUnavailable

    assert await desk.state() is MailState.WAITING
