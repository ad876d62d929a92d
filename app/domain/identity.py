"""Who an identity provider, or the operator's own application, says that somebody is."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.domain.viewer import Role, UserId


@dataclass(frozen=True, slots=True)
class Identity:
    """What a checked token tells.

    Attributes:
        issuer: Who says so. A subject is unique within its issuer alone.
        name: How others see the user, 1 to 64 printable characters.
        role: None when the token names none of ours.
        expires_at: From then on the token is none.
    """

    issuer: str
    subject: str
    name: str
    role: Role | None
    expires_at: datetime

    @property
    def user_id(self) -> UserId:
        """The user's id, which follows from issuer and subject alone: names and addresses change."""
        digest = hashlib.sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()
        return UserId(f"user:{digest[:32]}")
