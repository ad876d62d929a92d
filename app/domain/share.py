"""The share: an address under which others see one image, and the mail that tells of it."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from app.domain.errors import InvalidInput, RateLimited
from app.domain.image import ImageId
from app.domain.viewer import UserId

ShareId = NewType("ShareId", str)
"""`share:` and 32 lower-case hex digits. It is no permission: the address of a share is signed."""

PREFIX = "share:"
LIFETIME = timedelta(days=30)
"""Of a share whose end nobody chose."""

MAX_LIFETIME = timedelta(days=366)
MAX_TITLE_LENGTH = 200
MAX_MESSAGE_LENGTH = 10_000
KEPT_AFTER_END = timedelta(days=30)
"""How long its owner still finds a share that has ended."""

SHARE_MAIL = "SHARE_MAIL"
"""The kind of outbox entry by which a mail is sent. Its payload is the share's id, a space, and the base of the address
in it."""

MAIL_WINDOW = timedelta(days=1)
"""The time in which mails are counted."""

_ID = re.compile(r"share:[0-9a-f]{32}")
_BREAKS_LINES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class MailState(StrEnum):
    """How far the mail of a share is.

    It is handed over once. So while that is under way it is HANDED_OVER, and when nobody heard the answer of the mail
    server it is UNCERTAIN for good: it may have been sent.
    """

    WAITING = "WAITING"
    HANDED_OVER = "HANDED_OVER"
    SENT = "SENT"
    UNCERTAIN = "UNCERTAIN"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Share:
    """An address of one image, for whoever has it.

    Attributes:
        owner_id: Who shares it; not always whose image it is.
        title: Shown above the picture, and the subject of the mail; may be empty.
        message: Shown below the picture, and in the mail; may be empty.
        email: Who was told by mail; None when nobody was.
        mail_state: None without a mail.
        mail_error: Why the mail was not sent, or not yet.
        views: How often its page was opened by people.
    """

    id: ShareId
    image_id: ImageId
    owner_id: UserId
    title: str
    message: str
    created_at: datetime
    expires_at: datetime
    email: str | None = None
    mail_state: MailState | None = None
    mail_error: str | None = None
    revoked_at: datetime | None = None
    views: int = 0
    viewed_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class NewShare:
    """What its owner chooses of a share; the end is in 30 days when it is not given."""

    image_id: str
    title: str = ""
    message: str = ""
    expires_at: datetime | None = None

    def make(self, owner_id: UserId, at: datetime) -> Share:
        """Return the share. Raises: InvalidInput, when a text is too long or has control characters, or by its end."""
        return Share(
            id=new_share_id(),
            image_id=ImageId(self.image_id),
            owner_id=owner_id,
            title=clean_line(self.title, "title"),
            message=clean_message(self.message),
            created_at=at,
            expires_at=_check_end(self.expires_at, at),
        )


@dataclass(frozen=True, slots=True)
class MailLimits:
    """How many mails of shares may be sent in a day by one user, and to one address; None for no end."""

    per_sender: int | None = None
    per_receiver: int | None = None


@dataclass(frozen=True, slots=True)
class ShareMail:
    """What a mail says, whatever it looks like.

    Attributes:
        id: The same at each attempt; receivers know the mail by it.
        to: One address, checked.
        sender: The name of who shares.
        page_url: Where the picture is seen.
        preview_url: A small JPEG of it.
    """

    id: str
    to: str
    sender: str
    title: str
    message: str
    page_url: str
    preview_url: str
    at: datetime
    expires_at: datetime


def new_share_id() -> ShareId:
    return ShareId(PREFIX + secrets.token_hex(16))


def is_share_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def clean_line(text: str, field: str) -> str:
    """Return a text of one line, trimmed. Raises: InvalidInput."""
    text = text.strip()
    if len(text) > MAX_TITLE_LENGTH:
        raise InvalidInput(
            f"The {field} has {len(text)} characters; at most {MAX_TITLE_LENGTH} are allowed.", field=(field,)
        )
    if _BREAKS_LINES.search(text) or not _is_unicode(text):
        raise InvalidInput(f"The {field} has line breaks or control characters.", field=(field,))
    return text


def clean_message(text: str) -> str:
    """Return a text of many lines, each ended by a line feed alone. Raises: InvalidInput."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MAX_MESSAGE_LENGTH:
        raise InvalidInput(
            f"The message has {len(text)} characters; at most {MAX_MESSAGE_LENGTH} are allowed.", field=("message",)
        )
    if _CONTROL.search(text) or not _is_unicode(text):
        raise InvalidInput("The message has control characters.", field=("message",))
    return text


def too_many_mails(limit: int, who: str, oldest: datetime, at: datetime) -> RateLimited:
    """Return the refusal of a mail; asking again makes sense when the oldest of those that count has left the day."""
    wait_s = max(1, int((oldest + MAIL_WINDOW - at).total_seconds()))
    return RateLimited(f"At most {limit} mails a day {who}; go on in {wait_s} s.", retry_after_s=wait_s)


def _check_end(expires_at: datetime | None, at: datetime) -> datetime:
    if expires_at is None:
        return at + LIFETIME
    if not at < expires_at <= at + MAX_LIFETIME:
        raise InvalidInput(f"A share ends within {MAX_LIFETIME.days} days.", field=("expiresAt",))
    return expires_at


def _is_unicode(text: str) -> bool:
    """Tell whether the text is free of lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
