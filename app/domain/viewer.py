"""Users, and who is asking."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

UserId = NewType("UserId", str)
"""`user:` and 32 lower-case hex digits; the first admin is `user:admin`."""


class Role(StrEnum):
    """What a user may do everywhere: look; upload and keep flows; everything."""

    VIEWER = "VIEWER"
    EDITOR = "EDITOR"
    ADMIN = "ADMIN"


class Scope(StrEnum):
    """What a sign-in may be used for, as far as its user's role allows: each includes those before it."""

    READ = "READ"
    UPLOAD = "UPLOAD"
    WRITE = "WRITE"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """The one who asks; `user` is None when nobody is signed in.

    Attributes:
        scopes: What the sign-in may be used for.
        key_id: The API key that signed in, if one did.
        expires_at: When the sign-in ends by itself; None for never.
    """

    user: User | None = None
    scopes: tuple[Scope, ...] = (Scope.ADMIN,)
    key_id: str | None = None
    expires_at: datetime | None = None

    @property
    def user_id(self) -> UserId | None:
        return self.user.id if self.user else None

    @property
    def is_admin(self) -> bool:
        return self.user is not None and self.user.role is Role.ADMIN and self.may(Scope.ADMIN)

    @property
    def can_end(self) -> bool:
        """Whether the sign-in can end while it is in use."""
        return self.key_id is not None or self.expires_at is not None

    def may(self, scope: Scope) -> bool:
        """Tell whether the sign-in may be used for this."""
        order = tuple(Scope)
        return any(order.index(scope) <= order.index(given) for given in self.scopes)


ANONYMOUS = Viewer()
