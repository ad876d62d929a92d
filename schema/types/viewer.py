"""Users, and who is asking."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from app.domain import viewer as domain
from app.domain.page import page_request
from app.services.keys import MAX_KEYS
from schema.context import Info
from schema.measure import LIST_SIZE
from schema.pagination import Connection, connection
from schema.types.key import ApiKey
from schema.types.node import Node
from schema.types.quota import Quota, Usage
from schema.types.tag import Tag

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
    scopes: list[domain.Scope] = strawberry.field(description="What this sign-in may be used for.")

    @classmethod
    def from_domain(cls, user: domain.User, scopes: tuple[domain.Scope, ...]) -> Viewer:
        return cls(user=User.from_domain(user), role=user.role, scopes=list(scopes))

    @strawberry.field(description="What this user has.")
    async def usage(self, info: Info) -> Usage:
        return Usage.from_domain(await info.context.services.quotas.usage(info.context.viewer))

    @strawberry.field(description="What this user may have at most.")
    def quota(self, info: Info) -> Quota:
        return Quota.from_domain(info.context.services.quotas.quota)

    @strawberry.field(description="The tags of this user's own images, by name.")
    async def tags(
        self,
        info: Info,
        prefix: str = "",
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Tag]:
        tags, viewer = info.context.services.tags, info.context.viewer
        page = await tags.list(viewer, prefix, page_request(first, after, last, before))
        return connection(page, Tag.from_domain, lambda: tags.count(viewer, prefix))

    @strawberry.field(
        description="This user's API keys, the newest first, without those that have ended.",
        metadata={LIST_SIZE: MAX_KEYS},
    )
    async def api_keys(self, info: Info) -> list[ApiKey]:
        return [ApiKey.from_domain(key) for key in await info.context.services.keys.list_own(info.context.viewer)]


async def load_users(info: Info, user_ids: Sequence[domain.UserId]) -> list[User]:
    """Return those of the users that there are."""
    users = await info.context.loaders.users.load_many(list(user_ids))
    return [User.from_domain(user) for user in users if user]


async def load_user(info: Info, user_id: domain.UserId | None) -> User | None:
    """Return a user by its id; None when there is none."""
    user = await info.context.loaders.users.load(user_id) if user_id is not None else None
    return User.from_domain(user) if user else None
