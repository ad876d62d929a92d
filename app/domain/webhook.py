"""The webhook: an address that is told of events, and the log of what was told (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from app.domain.errors import InvalidInput
from app.domain.job import ItemError
from app.domain.viewer import UserId

WebhookId = NewType("WebhookId", str)
"""`webhook:` and 32 lower-case hex digits."""

WEBHOOK = "WEBHOOK"
"""The kind of outbox entry by which an event is sent. Its payload is the webhook's id, a space, and the event."""

MAX_WEBHOOKS = 20
"""Of one user."""

_ID = re.compile(r"webhook:[0-9a-f]{32}")
_SECRET_PREFIX = "whsec_"  # noqa: S105 - the spec's mark of a secret, none itself


class WebhookEvent(StrEnum):
    """What webhooks are told of; the type in the event's text is `image.ready`, `job.failed_partial` …"""

    IMAGE_READY = "IMAGE_READY"
    IMAGE_FAILED = "IMAGE_FAILED"
    IMAGE_UPDATED = "IMAGE_UPDATED"
    IMAGE_DELETED = "IMAGE_DELETED"
    JOB_COMPLETED = "JOB_COMPLETED"
    JOB_FAILED = "JOB_FAILED"
    JOB_FAILED_PARTIAL = "JOB_FAILED_PARTIAL"
    JOB_CANCELLED = "JOB_CANCELLED"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told what.

    Attributes:
        host: Of its address, as it is resolved.
        secret: `whsec_` and 32 random bytes in base64, which sign what is sent; shown to its owner once.
        failing_since: When the first attempt failed after which none went well.
        disabled_at: When it had failed for too long, or said that it is gone: nothing is sent from then on.
    """

    id: WebhookId
    owner_id: UserId
    url: str
    host: str
    events: tuple[WebhookEvent, ...]
    secret: str
    created_at: datetime
    failing_since: datetime | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An attempt to tell a webhook of an event.

    Attributes:
        event_id: The same at each attempt, and when the event is sent anew.
        attempt: Counts from 1.
        status: What was answered; None when nothing was.
        error: Why it failed; None when it went well.
        body: The text that was sent.
    """

    id: str
    webhook_id: WebhookId
    event_id: str
    event: WebhookEvent
    attempt: int
    at: datetime
    duration_ms: int
    status: int | None
    error: ItemError | None
    body: str


def new_webhook_id() -> WebhookId:
    return WebhookId(f"webhook:{secrets.token_hex(16)}")


def is_webhook_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def new_webhook_secret() -> str:
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign_event(secret: str, event_id: str, at: datetime, body: str) -> str:
    """Return the signature of an event that is sent now (spec, "Signature scheme")."""
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    signed = f"{event_id}.{int(at.timestamp())}.{body}".encode()
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def clean_events(events: tuple[WebhookEvent, ...]) -> tuple[WebhookEvent, ...]:
    """Return the events each once. Raises: InvalidInput when there are none."""
    if not events:
        raise InvalidInput("Name the events that the webhook is told of.", field=("events",))
    return tuple(dict.fromkeys(events))
