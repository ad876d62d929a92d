"""The interface of everything that has an id."""

import strawberry


@strawberry.interface(description="A thing with an id that is unique everywhere.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque and stable; `node` takes it.")
