"""Flow events: what is told to those who watch a flow."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain import flow as domain
from app.services.flow_updates import encode_flow_cursor
from schema.context import Info
from schema.types.flow import Flow
from schema.types.image import Image

strawberry.enum(
    domain.FlowEventKind,
    description="SNAPSHOT tells where a listener begins, and to read the flow anew; the others tell about one image.",
)


@strawberry.type(description="One line of a flow's log, of which the newest 10,000 are kept; or a snapshot.")
class FlowEvent:
    record: strawberry.Private[domain.FlowUpdate]
    cursor: str = strawberry.field(description="Its place in the log; `after` goes on behind it.")
    at: datetime = strawberry.field(description="When it happened.")
    kind: domain.FlowEventKind = strawberry.field(description="What happened to the image.")
    image_id: strawberry.ID | None = strawberry.field(description="The image that it is about; null for a snapshot.")
    flow: Flow = strawberry.field(description="The flow, as it is now.")

    @classmethod
    def from_domain(cls, update: domain.FlowUpdate) -> FlowEvent:
        event = update.event
        return cls(
            record=update,
            cursor=encode_flow_cursor(update.cursor),
            at=event.at,
            kind=event.kind,
            image_id=strawberry.ID(event.image_id) if event.image_id else None,
            flow=Flow.from_domain(update.flow),
        )

    @strawberry.field(description="The image, as it is now; null for a snapshot, or when it is deleted or hidden.")
    async def image(self, info: Info) -> Image | None:
        image_id = self.record.event.image_id
        image = await info.context.loaders.images.load(image_id) if image_id else None
        return Image.from_domain(image) if image else None
