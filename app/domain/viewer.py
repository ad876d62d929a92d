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


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """The one who asks; `user` is None when nobody is signed in."""

    user: User | None = None

    @property
    def user_id(self) -> UserId | None:
        return self.user.id if self.user else None

    @property
    def is_admin(self) -> bool:
        return self.user is not None and self.user.role is Role.ADMIN


ANONYMOUS = Viewer()
