"""What a document asks for, as far as it must be known before it is executed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    visit,
)

from schema.limits import MAX_TOKENS


@lru_cache(maxsize=256)
def operation_type(query: str | None, operation_name: str | None) -> OperationType | None:
    """Return what kind of operation a request is; None when that cannot be told."""
    try:
        operation = get_operation_ast(parse(query or "", max_tokens=MAX_TOKENS), operation_name)
    except (GraphQLError, RecursionError):
        return None
    return operation.operation if isinstance(operation, OperationDefinitionNode) else None


@lru_cache(maxsize=256)
def watched_field(query: str, operation_name: str | None) -> str:
    """Return the name of the one field of a valid subscription; empty when a fragment hides it."""
    operation = get_operation_ast(parse(query, max_tokens=MAX_TOKENS), operation_name)
    fields = operation.selection_set.selections if isinstance(operation, OperationDefinitionNode) else ()
    return next((field.name.value for field in fields if isinstance(field, FieldNode)), "")


def asked_of_a_log(query: str, operation_name: str | None, variables: Mapping[str, object]) -> tuple[object, ...]:
    """Return what a valid subscription asks of each event, so that those who ask the same can be told together.

    From where in the log each wants to begin is left out.
    """
    start = _starting_variable(query, operation_name)
    asked = {name: value for name, value in variables.items() if name != start}
    return query, operation_name, orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=256)
def _starting_variable(query: str, operation_name: str | None) -> str | None:
    """Return the variable that is the `after` of the subscription's field and nothing else."""
    document = parse(query, max_tokens=MAX_TOKENS)
    operation = get_operation_ast(document, operation_name)
    fields = operation.selection_set.selections if isinstance(operation, OperationDefinitionNode) else ()
    names = [
        argument.value.name.value
        for field in fields
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == "after" and isinstance(argument.value, VariableNode)
    ]
    uses = _VariableUses()
    visit(document, uses)
    # It is named where it is declared, too.
    return names[0] if len(names) == 1 and uses.names.count(names[0]) == 2 else None


class _VariableUses(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.append(node.name.value)
