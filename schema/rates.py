"""What an operation takes of its caller's rates: a query by its cost, a mutation by the class of each of its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_operation_ast,
)

from app.domain.errors import RateLimited
from app.domain.rate import COST_PER_POINT, OperationClass, Rate
from schema.context import Context
from schema.measure import fragments_of
from schema.scalars import format_date_time

OPERATION_CLASS = "operation_class"
"""The key of a mutation's metadata under which it says what it is counted as; `WRITE` when it says nothing."""

INVALID = ((OperationClass.READ, 1),)
"""What a document takes that is not executed: it was validated, after all."""

Points = tuple[tuple[OperationClass, int], ...]


async def take_rate(context: object, points: Points) -> Rate | GraphQLError | None:
    """Count an operation; return where its caller stands, why it is refused, or None when nothing is counted."""
    if not isinstance(context, Context):
        return None
    try:
        return await context.services.rates.take(context.caller, dict(points))
    except RateLimited as error:
        return GraphQLError(error.message, extensions={"code": error.code, "retryAfter": error.retry_after_s})


@lru_cache(maxsize=256)
def points_of(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, cost: int) -> Points:
    """Return what a valid operation takes of each class."""
    operation = get_operation_ast(document, operation_name)
    if operation is None or operation.operation is not OperationType.MUTATION or schema.mutation_type is None:
        return ((OperationClass.READ, max(1, -(-cost // COST_PER_POINT))),)
    names = _root_fields(document, operation.selection_set)
    return tuple(Counter(_class_of(schema.mutation_type, name) for name in names).items())


def rate_extension(rate: Rate) -> dict[str, object]:
    """Return a rate as answers tell it."""
    return {
        "limit": rate.limit,
        "remaining": rate.remaining,
        "resetAt": format_date_time(rate.reset_at),
        "cost": rate.cost,
    }


def _root_fields(document: DocumentNode, selections: SelectionSetNode) -> Iterator[str]:
    """Yield the names of the fields at the root; the limits have seen to it that they are few, and nest a little."""
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
        elif isinstance(selection, FragmentSpreadNode):
            yield from _root_fields(document, fragments_of(document)[selection.name.value].selection_set)
        elif isinstance(selection, InlineFragmentNode):
            yield from _root_fields(document, selection.selection_set)


def _class_of(mutations: GraphQLObjectType, name: str) -> OperationClass:
    field = mutations.fields.get(name)
    definition = field.extensions.get("strawberry-definition") if field else None
    declared = definition.metadata.get(OPERATION_CLASS) if definition else None
    return declared if isinstance(declared, OperationClass) else OperationClass.WRITE
