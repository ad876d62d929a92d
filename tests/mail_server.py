"""A real mail server for tests, on a thread of its own: takes mails, or refuses, hangs and breaks off as it is told."""

import asyncio
import email
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PEM = Path(__file__).parent / "remote" / "pictures.test.pem"
USER, PASSWORD = "ada", "p@ss/word"
TAKEN = "250 OK"
HANG, BREAK_OFF = "hang", "break off"


@dataclass(frozen=True)
class Received:
    """A mail that the server has, and how it came."""

    sender: str
    receivers: list[str]
    content: bytes
    is_encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class MailServer:
    """Keeps each mail whose end it has seen, whatever it then answers: `rcpt` and `data` are its answers, or deeds."""

    port: int = 0
    rcpt: str = TAKEN
    data: str = TAKEN
    mails: list[Received] = field(default_factory=list)
    passwords: list[bytes] = field(default_factory=list)

    def url(self, *, scheme: str = "smtp", user: str = "") -> str:
        return f"{scheme}://{user}127.0.0.1:{self.port}"

    def wait_for(self, count: int, timeout_s: float = 30) -> list[Received]:
        deadline = time.monotonic() + timeout_s
        while len(self.mails) < count:
            assert time.monotonic() < deadline, f"{len(self.mails)} of {count} mails came"
            time.sleep(0.02)
        return self.mails

    async def handle_RCPT(  # noqa: N802 - the library's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt == TAKEN:
            envelope.rcpt_tos.append(address)
        return await self._answer(server, self.rcpt)

    async def handle_DATA(  # noqa: N802 - the library's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        user = session.auth_data.decode() if session.authenticated else None
        content = envelope.content
        assert isinstance(content, bytes)
        is_encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.mails.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), content, is_encrypted, user))
        return await self._answer(server, self.data)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password)
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=is_right, auth_data=data.login)

    async def _answer(self, server: SMTP, answer: str) -> str:
        if answer == BREAK_OFF:
            server.transport.abort()
        if answer == HANG:
            await asyncio.sleep(600)
        return answer


@contextmanager
def open_mail_server(port: int = 0, *, tls: str = "", host: str = "127.0.0.1") -> Iterator[MailServer]:
    """Hold a server.

    Args:
        tls: `starttls` offers it, `implicit` begins with it.
    """
    mail_server = MailServer()
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PEM)

    def make() -> SMTP:
        return SMTP(
            mail_server,
            tls_context=context if tls == "starttls" else None,
            authenticator=mail_server.authenticate,
            auth_require_tls=bool(tls == "starttls"),
            hostname="mail.test",
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opening = loop.create_server(make, host, port, ssl=context if tls == "implicit" else None)
    opened = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    mail_server.port = opened.sockets[0].getsockname()[1]
    try:
        yield mail_server
    finally:
        asyncio.run_coroutine_threadsafe(_close(opened), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(opened: asyncio.Server) -> None:
    """End everything that goes on on the loop."""
    opened.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
