"""Requests that may be sent again without being done again, known by a key that their client made up."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import InvalidInput
from app.domain.viewer import UserId

ANSWER_LIFETIME = timedelta(hours=24)
MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Claim:
    """One run of a request. Its `id` fences: a run that lost its claim writes nothing.

    Args:
        key_sha256: Of the client's key, hex. The key itself is not kept, as answers are sealed with it.
        request_sha256: Of what was asked, hex.
        lease_until: Until when no other run of the request may begin.
    """

    id: str
    user_id: UserId
    key_sha256: str
    request_sha256: str
    at: datetime
    lease_until: datetime


def make_claim(user_id: UserId, key: str, request: bytes, at: datetime, lease: timedelta) -> Claim:
    """Return the first claim on a key. Raises: InvalidInput, when the key is empty, too long or not printable ASCII."""
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise InvalidInput(f"An Idempotency-Key is 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
    key_sha256, request_sha256 = hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(request).hexdigest()
    return Claim(secrets.token_hex(16), user_id, key_sha256, request_sha256, at, at + lease)
