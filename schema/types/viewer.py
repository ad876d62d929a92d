"""Users, and who is asking."""

from __future__ import annotations

import strawberry

from app.domain import viewer as domain
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
