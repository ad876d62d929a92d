"""Replicas: where an image is kept."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import image as images
from app.domain import replica as domain
from schema.context import Info
from schema.scalars import URL

strawberry.enum(
    domain.ReplicaRole, description="The primary's acknowledgement is the answer to an upload; replicas follow."
)
strawberry.enum(
    domain.ReplicaState,
    description="What is known of an image's original and thumbnails in one store; the worst of them counts. PENDING "
    "waits to be written, STORED was written, MISSING and DAMAGED are what was found when it was last looked at.",
)


@strawberry.type(description="What one store holds of an image.")
class Replica:
    image: strawberry.Private[images.Image]
    known: strawberry.Private[domain.Replica]
    backend: str = strawberry.field(description="The store, by the name that it has in the settings.")
    role: domain.ReplicaRole = strawberry.field(description="Whether it is the primary, or follows it.")
    state: domain.ReplicaState = strawberry.field(description="What is known of it.")
    checked_at: datetime | None = strawberry.field(
        description="When all its bytes were last compared with their hashes; null when they never were."
    )
    error: str | None = strawberry.field(description="Why it is not, or not yet, stored whole; null when it is.")
    cid: str | None = strawberry.field(description="The content identifier of the original on IPFS; null elsewhere.")

    @classmethod
    def from_domain(cls, image: images.Image, role: domain.ReplicaRole, replica: domain.Replica) -> Replica:
        return cls(
            image=image,
            known=replica,
            backend=replica.backend,
            role=role,
            state=replica.state,
            checked_at=replica.checked_at,
            error=replica.error,
            cid=replica.cid,
        )

    @strawberry.field(
        description="Where the original is read there, for some minutes: of the primary the image's own address; "
        "on IPFS that of the gateway, for ever; null where objects are read through this server alone."
    )
    async def url(self, info: Info) -> URL | None:
        services = info.context.services
        if self.role is domain.ReplicaRole.PRIMARY:
            return URL(info.context.media(services.images.original_path(info.context.viewer, self.image)))
        address = await services.replicas.find_address(info.context.viewer, self.image, self.known)
        return URL(address) if address else None
