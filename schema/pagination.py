"""Relay connections (https://relay.dev/graphql/connections.htm) over keyset pages."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import strawberry

from app.domain.page import Cursor, Page

T = TypeVar("T")
D = TypeVar("D")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first row; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row; null on an empty page.")


@strawberry.type(description="A row of a page, and its place in the list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The row.")
    place: strawberry.Private[Cursor]

    @strawberry.field(description="Its place, for `after` and `before`.")
    def cursor(self) -> str:
        return self.place.encode()


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows of this page, in the order of the list.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many rows the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


def connection(page: Page[D], convert: Callable[[D], T], count: Callable[[], Awaitable[int]]) -> Connection[T]:
    """Return a page of domain values as a connection of the types that `convert` makes of them."""
    cursors = page.cursors
    return Connection(
        edges=[Edge(node=convert(item), place=place) for item, place in zip(page.items, cursors, strict=True)],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0].encode() if cursors else None,
            end_cursor=cursors[-1].encode() if cursors else None,
        ),
        count=count,
    )
