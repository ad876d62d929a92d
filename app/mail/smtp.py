"""The mailer: hands mails over to a server by SMTP (RFC 5321), over TLS wherever the server has it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from app.domain.errors import MailUnanswered, MailUnavailable, Undeliverable
from app.domain.share import ShareMail
from app.mail.addresses import clean_address
from app.mail.messages import compose
from app.mail.settings import MailServer

STEP_S = 20.0
"""How long the server may take for one answer before it has the mail."""

ANSWER_S = 120.0
"""How long it may take to say that it has: a server that looks for spam takes its time (RFC 5321, 4.5.3.2.6), and when
we go before, nobody knows."""

FAREWELL_S = 2.0


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """One connection a mail. The longest that an answer may take is an argument for tests alone."""

    server: MailServer
    step_s: float = STEP_S
    answer_s: float = ANSWER_S

    def check(self, address: str) -> str:
        return clean_address(address)

    async def send(self, mail: ShareMail, hand_over: Callable[[], Awaitable[None]]) -> None:
        message = compose(mail, self.server.sender).as_bytes()
        async with self._signed_in() as client:
            with _before_the_mail():
                await client.mail(self.server.sender.addr_spec, encoding="ascii")
                await client.rcpt(mail.to, encoding="ascii")
            await hand_over()
            await self._hand_over(client, message)

    async def ping(self) -> None:
        async with self._signed_in() as client:
            with _before_the_mail():
                await client.noop()

    async def _hand_over(self, client: SMTP, message: bytes) -> None:
        try:
            await client.data(message, timeout=self.answer_s)
        except SMTPDataError as error:
            raise _refusal(error.code, "the mail") from error
        except (SMTPException, OSError) as error:
            raise MailUnanswered(
                "The mail was handed over, and the mail server did not say whether it has it."
            ) from error

    @asynccontextmanager
    async def _signed_in(self) -> AsyncGenerator[SMTP]:
        """Hold a connection over which mails may be sent. Raises: MailUnavailable."""
        server = self.server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.is_implicit,
            start_tls=False,
            tls_context=_tls_context(verify=not server.is_loopback),
            local_hostname=server.sender.domain,
            timeout=self.step_s,
        )
        try:
            with _before_the_mail():
                await client.connect()
                await self._sign_in(client)
            yield client
        finally:
            await _part(client)

    async def _sign_in(self, client: SMTP) -> None:
        server = self.server
        await client.ehlo()
        is_secret = server.is_implicit or server.is_loopback
        if not server.is_implicit and client.supports_extension("starttls"):
            await client.starttls()
            await client.ehlo()
            is_secret = True
        if server.user:
            if not is_secret:
                raise MailUnavailable("The mail server has no STARTTLS, so it is not told the password.")
            await client.login(server.user, server.password)


@contextmanager
def _before_the_mail() -> Iterator[None]:
    """Turn what goes wrong while the server has nothing of the mail into ours."""
    try:
        yield
    except SMTPRecipientRefused as error:
        raise _refusal(error.code, "mails to this address") from error
    except SMTPResponseException as error:
        raise MailUnavailable(f"The mail server cannot be used now ({error.code}).") from error
    except (SMTPException, OSError) as error:
        raise MailUnavailable("The mail server cannot be used now.") from error


def _refusal(code: int, what: str) -> MailUnavailable | Undeliverable:
    """Return what a reply means (RFC 5321, 4.2.1): 4xx may pass, 5xx does not."""
    if 400 <= code < 500:
        return MailUnavailable(f"The mail server does not take {what} now ({code}).")
    return Undeliverable(f"The mail server does not take {what} ({code}).")


def _tls_context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:  # a server of the same machine has mostly made its certificate itself
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _part(client: SMTP) -> None:
    """Say goodbye to a server that is still there, and close the connection whatever it says."""
    with suppress(SMTPException, OSError):
        async with asyncio.timeout(FAREWELL_S):
            await client.quit()
    client.close()
