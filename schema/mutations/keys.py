"""Mutations of API keys."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain.keys import NODE_PREFIX, NewKey
from app.domain.viewer import Scope
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.key import ApiKey


@strawberry.input(description="A new API key of the viewer's own.")
class CreateApiKeyInput:
    name: str = strawberry.field(description="What it is for, 1 to 64 characters.")
    scopes: list[Scope] | None = strawberry.field(
        default=None, description="What it may be used for; READ when not given."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends by itself; never when null.")


@strawberry.input(description="Which API key to end.")
class RevokeApiKeyInput:
    id: strawberry.ID = strawberry.field(description="The key's id.")


@strawberry.type(description="The new key, with its secret.")
class CreateApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(default=None, description="The key.")
    secret: str | None = strawberry.field(
        default=None, description="What is sent as `GF-Api-Key`: shown now, and never again."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The key that was ended.")
class RevokeApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(default=None, description="The key as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class KeyMutations:
    @mutation(CreateApiKeyPayload, "Make an API key.")
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyPayload:
        scopes = (Scope.READ,) if input.scopes is None else tuple(dict.fromkeys(input.scopes))
        new = NewKey(input.name, scopes, input.expires_at)
        key, secret = await info.context.services.keys.create_own(info.context.viewer, new)
        return CreateApiKeyPayload(api_key=ApiKey.from_domain(key), secret=secret)

    @mutation(RevokeApiKeyPayload, "End an API key, at once and for good.")
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> RevokeApiKeyPayload:
        key_id = input.id.removeprefix(NODE_PREFIX)
        key = await info.context.services.keys.revoke_own(info.context.viewer, key_id)
        return RevokeApiKeyPayload(api_key=ApiKey.from_domain(key))
