"""Users, and who is asking."""

from __future__ import annotations

import strawberry

from app.domain import viewer as domain
from schema.context import Info
from schema.types.node import Node

strawberry.enum(domain.Role, description="What a user may do everywhere: look; upload and keep flows; everything.")


@strawberry.type(description="Somebody who signs in.")
class User(Node):
    name: str = strawberry.field(description="How others see the user.")

    @classmethod
    def from_domain(cls, user: domain.User) -> User:
        return cls(id=strawberry.ID(user.id), name=user.name)


@strawberry.type(description="The one who asks.")
class Viewer:
    user: User = strawberry.field(description="Who is signed in.")
    role: domain.Role = strawberry.field(description="What this user may do everywhere.")

    @classmethod
    def from_domain(cls, user: domain.User) -> Viewer:
        return cls(user=User.from_domain(user), role=user.role)


async def load_user(info: Info, user_id: domain.UserId | None) -> User | None:
    """Return a user by its id; None when there is none."""
    user = await info.context.loaders.users.load(user_id) if user_id is not None else None
    return User.from_domain(user) if user else None
