"""Queries for the audit log."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import audit as domain
from app.domain.keys import NODE_PREFIX
from app.domain.page import page_request
from schema.context import Info
from schema.pagination import Connection, connection
from schema.types.audit import AuditEntry


@strawberry.input(description="Which entries; all given parts must hold.")
class AuditFilter:
    actor: strawberry.ID | None = strawberry.field(default=None, description="Of this user.")
    key: strawberry.ID | None = strawberry.field(default=None, description="Signed in by this API key.")
    address: str | None = strawberry.field(default=None, description="From this address.")
    action: list[str] | None = strawberry.field(default=None, description="One of these.")
    door: list[domain.Door] | None = strawberry.field(default=None, description="By one of these.")
    outcome: list[domain.Outcome] | None = strawberry.field(default=None, description="With one of these outcomes.")
    object: strawberry.ID | None = strawberry.field(default=None, description="About this thing.")
    request_id: str | None = strawberry.field(default=None, description="Of this request.")
    since: datetime | None = strawberry.field(default=None, description="Begun then or later.")
    until: datetime | None = strawberry.field(default=None, description="Begun before then.")

    def to_domain(self) -> domain.AuditFilter:
        return domain.AuditFilter(
            actor_id=self.actor,
            key_id=self.key.removeprefix(NODE_PREFIX) if self.key is not None else None,
            address=self.address,
            actions=tuple(self.action or ()),
            doors=tuple(self.door or ()),
            outcomes=tuple(self.outcome or ()),
            object_id=self.object,
            request_id=self.request_id,
            since=self.since,
            until=self.until,
        )


@strawberry.type
class AuditQueries:
    @strawberry.field(description="Who did what, the newest first; for admins alone.")
    async def audit_log(
        self,
        info: Info,
        filter: AuditFilter | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AuditEntry]:
        audit, viewer = info.context.services.audit, info.context.viewer
        filters = filter.to_domain() if filter else domain.AuditFilter()
        page = await audit.list(viewer, filters, page_request(first, after, last, before))
        return connection(page, AuditEntry.from_domain, lambda: audit.count(viewer, filters))
