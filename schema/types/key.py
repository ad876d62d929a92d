"""API keys, without their secrets."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import keys as domain
from app.domain.viewer import Scope
from schema.types.node import Node

ApiKeyScope = strawberry.enum(
    Scope,
    name="ApiKeyScope",
    description="What a key may be used for, as far as its user's role allows. Each includes those before it: look; "
    "add images; change and delete; everything, keys and an admin's work too.",
)


@strawberry.type(description="An API key, without its secret.")
class ApiKey(Node):
    name: str = strawberry.field(description="What it is for.")
    scopes: list[Scope] = strawberry.field(description="What it may be used for.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself; null for never.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null when it was not.")

    @classmethod
    def from_domain(cls, key: domain.ApiKey) -> ApiKey:
        return cls(
            id=strawberry.ID(domain.node_id_of(key)),
            name=key.name,
            scopes=list(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        )
