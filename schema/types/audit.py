"""Entries of the audit log."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import audit as domain
from app.domain.error_code import ErrorCode
from app.domain.keys import NODE_PREFIX
from app.domain.viewer import UserId
from schema.context import Info
from schema.types.viewer import User, load_user

strawberry.enum(
    domain.Door,
    name="AuditDoor",
    description="By what something was asked for: GraphQL, an older route, a page that signs in, or the command line.",
)
strawberry.enum(
    domain.Outcome,
    name="AuditOutcome",
    description="How something ended; UNKNOWN while it is under way, and for good when the server died over it.",
)


@strawberry.type(description="One thing that somebody did, or tried.")
class AuditEntry:
    record: strawberry.Private[domain.AuditEntry]
    id: strawberry.ID = strawberry.field(description="The entry's own id.")
    at: datetime = strawberry.field(description="When it was begun.")
    door: domain.Door = strawberry.field(description="By what it was asked for.")
    action: str = strawberry.field(description="The mutation, or else the path of an older route, signIn or signOut.")
    actor_id: strawberry.ID | None = strawberry.field(
        description="Who did it; null on the command line, and when a sign-in was refused."
    )
    key_id: strawberry.ID | None = strawberry.field(description="The API key that signed in; null when none did.")
    address: str = strawberry.field(description="Where it came from, of IPv6 the network; empty on the command line.")
    request_id: str = strawberry.field(description="The header X-Request-Id of its answer; empty on the command line.")
    object_ids: list[strawberry.ID] = strawberry.field(description="The things that were named or made; at most 100.")
    outcome: domain.Outcome = strawberry.field(description="How it ended.")
    error: ErrorCode | None = strawberry.field(description="Why it was refused or failed; null when it was not.")

    @classmethod
    def from_domain(cls, entry: domain.AuditEntry) -> AuditEntry:
        actor = entry.actor
        return cls(
            record=entry,
            id=strawberry.ID(entry.id),
            at=entry.at,
            door=entry.door,
            action=entry.action,
            actor_id=strawberry.ID(actor.user_id) if actor.user_id else None,
            key_id=strawberry.ID(f"{NODE_PREFIX}{actor.key_id}") if actor.key_id else None,
            address=actor.address,
            request_id=entry.request_id,
            object_ids=[strawberry.ID(thing) for thing in entry.object_ids],
            outcome=entry.outcome,
            error=entry.error,
        )

    @strawberry.field(description="Who did it; null on the command line, and when a sign-in was refused.")
    async def actor(self, info: Info) -> User | None:
        user_id = self.record.actor.user_id
        return await load_user(info, UserId(user_id)) if user_id else None
