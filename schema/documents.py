"""What a document asks for, as far as it must be known before it is executed."""

from __future__ import annotations

from functools import lru_cache

from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast, parse

from schema.limits import MAX_TOKENS


@lru_cache(maxsize=256)
def operation_type(query: str | None, operation_name: str | None) -> OperationType | None:
    """Return what kind of operation a request is; None when that cannot be told."""
    try:
        operation = get_operation_ast(parse(query or "", max_tokens=MAX_TOKENS), operation_name)
    except (GraphQLError, RecursionError):
        return None
    return operation.operation if isinstance(operation, OperationDefinitionNode) else None
