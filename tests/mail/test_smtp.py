"""Handing mails over to real mail servers: good ones, and those that refuse, hang and break off."""

import socket
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email.headerregistry import Address

import pytest

from app.domain.errors import DomainError, InvalidInput, MailUnanswered, MailUnavailable, Undeliverable
from app.domain.share import ShareMail
from app.mail.settings import MailServer as Target
from app.mail.smtp import SmtpMailer
from tests.mail_server import BREAK_OFF, HANG, PASSWORD, USER, MailServer, open_mail_server

MAIL = ShareMail(
    id="0123456789abcdef" * 2,
    to="eve@example.org",
    sender="Ada",
    title="Der Häfen ⚓",
    message="Look!\n.\n..dots\nFrom here\n<script>alert(1)</script>\n" + "ä" * 2_000,
    page_url="https://images.example/s/1.2",
    preview_url="https://images.example/s/1.2/preview.jpeg",
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    expires_at=datetime(2026, 3, 31, 12, tzinfo=UTC),
)


def make_mailer(port: int, **values: object) -> SmtpMailer:
    target = Target("127.0.0.1", port, is_implicit=False, user="", password="", sender=Address("GF", "gf", "img.test"))
    return SmtpMailer(replace(target, **values), step_s=2, answer_s=2)


class Handover:
    """Tells when the mail was about to be handed over, and may stop it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count, self.error = 0, error

    async def __call__(self) -> None:
        self.count += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    with open_mail_server() as opened:
        yield opened


async def test_hands_a_mail_over_to_the_letter(server: MailServer) -> None:
    hand_over = Handover()

    await make_mailer(server.port).send(MAIL, hand_over)

    [mail] = server.mails
    message = mail.message
    assert (mail.sender, mail.receivers, hand_over.count) == ("gf@img.test", ["eve@example.org"], 1)
    assert message["Message-ID"] == f"<{MAIL.id}@img.test>"
    assert (message["From"], message["To"], message["Subject"]) == ("GF <gf@img.test>", "eve@example.org", MAIL.title)
    assert message["Date"].datetime == MAIL.at
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert MAIL.message in text.replace("\r\n", "\n")
    assert MAIL.page_url in text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert f'href="{MAIL.page_url}"' in html
    assert f'src="{MAIL.preview_url}"' in html


async def test_a_mail_is_ascii_in_short_lines(server: MailServer) -> None:
    await make_mailer(server.port).send(MAIL, Handover())

    [mail] = server.mails
    assert mail.content.isascii()
    assert max(map(len, mail.content.split(b"\r\n"))) <= 78
    assert b"\n" not in mail.content.replace(b"\r\n", b"")


async def test_has_the_same_message_id_and_date_at_each_attempt(server: MailServer) -> None:
    for _ in range(2):
        await make_mailer(server.port).send(MAIL, Handover())

    first, second = (mail.message for mail in server.mails)
    assert [first[name] for name in ("Message-ID", "Date")] == [second[name] for name in ("Message-ID", "Date")]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_signs_in_over_tls(tls: str) -> None:
    with open_mail_server(tls=tls) as server:
        mailer = make_mailer(server.port, user=USER, password=PASSWORD, is_implicit=tls == "implicit")
        if tls == "implicit":
            mailer = make_mailer(server.port, is_implicit=True)
        await mailer.send(MAIL, Handover())

    [mail] = server.mails
    assert (mail.is_encrypted, mail.user) == (True, USER if tls == "starttls" else None)


async def test_does_not_go_on_with_a_wrong_password() -> None:
    hand_over = Handover()
    with open_mail_server(tls="starttls") as server, pytest.raises(MailUnavailable, match="535"):
        await make_mailer(server.port, user=USER, password="wrong").send(MAIL, hand_over)

    assert (server.mails, hand_over.count) == ([], 0)


@pytest.fixture
def own_name() -> str:
    """The name of this machine, which is another than localhost."""
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, 25)
    except OSError:
        pytest.skip("the name of this machine has no address")
    return name


async def test_tells_a_server_elsewhere_no_password_in_the_clear(own_name: str) -> None:
    with open_mail_server(host="0.0.0.0") as server, pytest.raises(MailUnavailable, match="STARTTLS"):
        await make_mailer(server.port, host=own_name, user=USER, password=PASSWORD).send(MAIL, Handover())

    assert (server.mails, server.passwords) == ([], [])


async def test_trusts_no_certificate_of_a_server_elsewhere_that_nobody_signed(own_name: str) -> None:
    with open_mail_server(tls="starttls", host="0.0.0.0") as server, pytest.raises(MailUnavailable):
        await make_mailer(server.port, host=own_name, user=USER, password=PASSWORD).send(MAIL, Handover())

    assert (server.mails, server.passwords) == ([], [])


@pytest.mark.parametrize(
    ("rcpt", "data", "expected", "handed_over"),
    [
        ("550 no such user", "250 OK", Undeliverable, 0),
        ("450 try later", "250 OK", MailUnavailable, 0),
        (HANG, "250 OK", MailUnavailable, 0),
        (BREAK_OFF, "250 OK", MailUnavailable, 0),
        ("250 OK", "554 spam", Undeliverable, 1),
        ("250 OK", "451 try later", MailUnavailable, 1),
        ("250 OK", HANG, MailUnanswered, 1),
        ("250 OK", BREAK_OFF, MailUnanswered, 1),
    ],
)
async def test_tells_how_a_mail_was_not_taken(
    server: MailServer, rcpt: str, data: str, expected: type[DomainError], handed_over: int
) -> None:
    server.rcpt, server.data = rcpt, data
    hand_over = Handover()

    with pytest.raises(DomainError) as failure:
        await make_mailer(server.port).send(MAIL, hand_over)

    assert (type(failure.value), hand_over.count, len(server.mails)) == (expected, handed_over, handed_over)


async def test_sends_nothing_when_it_may_not_be_handed_over(server: MailServer) -> None:
    with pytest.raises(InvalidInput):
        await make_mailer(server.port).send(MAIL, Handover(InvalidInput("No.")))

    assert server.mails == []


async def test_a_server_that_is_not_there_may_come_back() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(MailUnavailable):
        await make_mailer(port).ping()


async def test_is_let_in(server: MailServer) -> None:
    await make_mailer(server.port).ping()

    assert server.mails == []
