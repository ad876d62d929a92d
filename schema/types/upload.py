"""Upload tickets."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.services.uploads import Ticket
from schema.context import Info
from schema.scalars import URL, BigInt


@strawberry.type(description="A header that the PUT must carry.")
class UploadHeader:
    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value, to the letter.")


@strawberry.type(description="Where and how to send the bytes of one image, once.")
class Upload:
    image_id: strawberry.ID = strawberry.field(description="The id that the image will have.")
    url: URL = strawberry.field(description="Where the bytes go; signed, and good for one use.")
    method: str = strawberry.field(description="The HTTP method: PUT.")
    headers: list[UploadHeader] = strawberry.field(description="The headers that the request must carry.")
    expires_at: datetime = strawberry.field(description="Until when the bytes may begin to arrive.")
    max_bytes: BigInt = strawberry.field(description="How many bytes are taken: as many as were announced.")

    @classmethod
    def from_domain(cls, info: Info, ticket: Ticket) -> Upload:
        target = ticket.target
        return cls(
            image_id=strawberry.ID(ticket.image_id),
            url=URL(info.context.absolute(target.url) if target.url.startswith("/") else target.url),
            method="PUT",
            headers=[UploadHeader(name=name, value=value) for name, value in target.headers],
            expires_at=target.expires_at,
            max_bytes=BigInt(target.max_bytes),
        )
