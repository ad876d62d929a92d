"""Settings of the mail server that mails are handed over to."""

from dataclasses import dataclass
from email.headerregistry import Address
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from app.domain.errors import InvalidInput
from app.mail.addresses import parse_sender

_PORTS = {"smtp": 587, "smtps": 465}
"""Submission (RFC 6409), and submission over implicit TLS (RFC 8314, 7.3)."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over, and for whom.

    Attributes:
        is_implicit: Whether TLS comes first, rather than by STARTTLS.
        user: Empty when nobody has to sign in.
    """

    host: str
    port: int
    is_implicit: bool
    user: str
    password: str
    sender: Address

    @property
    def is_loopback(self) -> bool:
        """Whether nobody is between us and the server."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class MailSettings(BaseSettings):
    """A part of `Settings`."""

    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    mails_per_sender: Annotated[int, Field(ge=0)] = 100
    mails_per_receiver: Annotated[int, Field(ge=0)] = 10

    @field_validator("smtp_url", "mail_from", mode="before")
    @classmethod
    def _empty_is_no_mail(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            try:
                parts = urlsplit(url.get_secret_value())
                is_url = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
            except ValueError:
                is_url = False
            if not is_url or parts.path.strip("/") or parts.query or parts.fragment:
                raise ValueError("the address must be smtp://host:port or smtps://user:password@host:port")
        return url

    @field_validator("mail_from")
    @classmethod
    def _check_mail_from(cls, sender: str | None) -> str | None:
        if sender is not None:
            _sender_of(sender)
        return sender

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        if (self.smtp_url is None) != (self.mail_from is None):
            raise ValueError("GF_SMTP_URL and GF_MAIL_FROM must be set together")
        return self

    @property
    def mail_server(self) -> MailServer | None:
        """Return where mails are handed over; None when that is not set up."""
        if self.smtp_url is None or self.mail_from is None:
            return None
        parts = urlsplit(self.smtp_url.get_secret_value())
        return MailServer(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            is_implicit=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=_sender_of(self.mail_from),
        )


def _sender_of(text: str) -> Address:
    """Raises: ValueError."""
    try:
        sender = parse_sender(text)
    except InvalidInput as error:
        raise ValueError(error.message) from error
    return sender if sender.display_name else Address("GF Images", addr_spec=sender.addr_spec)
