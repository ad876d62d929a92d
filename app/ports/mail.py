"""The port to the mail server."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from app.domain.share import ShareMail


class Mailer(Protocol):
    """Hands mails over. A mail has the same Message-ID at each attempt."""

    def check(self, address: str) -> str:
        """Return an address as it is written to. Raises: InvalidInput, unless it is exactly one, of ASCII or IDNA."""
        ...

    async def send(self, mail: ShareMail, hand_over: Callable[[], Awaitable[None]]) -> None:
        """Try once to hand a mail over.

        Args:
            hand_over: Awaited when the server has taken sender and receiver, before anything of the mail itself is
                sent. Nothing is sent when it raises.

        Raises:
            MailUnavailable: The server did not take the mail; it may, later.
            Undeliverable: It never will.
            MailUnanswered: The mail was handed over, and what became of it was not heard.
        """
        ...

    async def ping(self) -> None:
        """Return when the server can be reached and lets us in. Raises: MailUnavailable."""
        ...
