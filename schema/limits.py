"""What one request may ask for at most, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FloatValueNode,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    ValidationRule,
    get_operation_ast,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.types.graphql import OperationType

from app.domain.error_code import ErrorCode
from app.settings import Settings
from schema.measure import MAX_NESTING, Measures, Meter, TooNested, fragments_of, rows_of

MAX_TOKENS = 2_000
MAX_DIGITS = 400
"""Of a number in a document: more than any double has, and fewer than Python takes time to read, or refuses to."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Each holds for what is executed: what a fragment holds counts at each place where it is spread."""

    depth: int = 15
    aliases: int = 30
    directives: int = 50
    duplicates: int = 100
    fragments: int = 50
    cost: int = 5_000
    mutations: int = 10
    timeout_s: float = 10

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        return cls(
            depth=settings.graphql_max_depth,
            aliases=settings.graphql_max_aliases,
            directives=settings.graphql_max_directives,
            duplicates=settings.graphql_max_duplicates,
            fragments=settings.graphql_max_fragments,
            cost=settings.graphql_max_cost,
            mutations=settings.graphql_max_mutations,
            timeout_s=settings.graphql_timeout_s,
        )


class LimitExceeded(ValidationAbortedError):
    """The document is over a limit; validation ends there, so a document that was made to burn time burns none."""

    def __init__(self, limit: str, allowed: int, actual: int) -> None:
        # Fragments multiply, and not every client reads integers of any length.
        actual = min(actual, 2**31 - 1)
        super().__init__(
            f"The operation is over the limit of {limit}: {actual}; at most {allowed} are allowed.",
            extensions={"code": ErrorCode.LIMIT_EXCEEDED, "limit": limit, "allowed": allowed, "actual": actual},
        )


def limits_rule(limits: Limits) -> type[ASTValidationRule]:
    """Return the rule that ends the validation of a document over a limit, before any other rule looks at it."""

    class LimitsRule(ValidationRule):
        def enter_document(self, document: DocumentNode, *_: object) -> None:
            fragments = fragments_of(document)
            _check("fragments", limits.fragments, len(fragments))
            meter = Meter(self.context.schema, fragments)
            for operation in document.definitions:
                if isinstance(operation, OperationDefinitionNode):
                    _check_operation(limits, operation, _measure(meter, operation))

        def enter_int_value(self, node: IntValueNode, *_: object) -> None:
            _check("digits", MAX_DIGITS, len(node.value))

        def enter_float_value(self, node: FloatValueNode, *_: object) -> None:
            _check("digits", MAX_DIGITS, len(node.value))

    return LimitsRule


@lru_cache(maxsize=256)
def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, sizes: tuple[tuple[str, int], ...]
) -> int:
    """Return what a valid operation costs, with `sizes` rows of the variables that are given."""
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return 0
    defaults = {
        node.variable.name.value: rows
        for node in operation.variable_definitions or ()
        if (rows := rows_of(node.default_value)) is not None
    }
    return _measure(Meter(schema, fragments_of(document), {**defaults, **dict(sizes)}), operation).cost


def sizes_of(variables: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
    """Return the variables that may be the size of a list, in an order of their own: they are part of a key."""
    return tuple(sorted((name, rows) for name, value in variables.items() if (rows := rows_of(value)) is not None))


def _measure(meter: Meter, operation: OperationDefinitionNode) -> Measures:
    try:
        return meter.measure(operation)
    except TooNested:
        raise LimitExceeded("nesting", MAX_NESTING, MAX_NESTING + 1) from None


def _check_operation(limits: Limits, operation: OperationDefinitionNode, measures: Measures) -> None:
    _check("depth", limits.depth, measures.depth)
    _check("aliases", limits.aliases, measures.aliases)
    _check("directives", limits.directives, measures.directives)
    _check("duplicates", limits.duplicates, measures.duplicates)
    if operation.operation.value == OperationType.MUTATION.value:
        _check("mutations", limits.mutations, measures.fields)


def _check(limit: str, allowed: int, actual: int) -> None:
    if actual > allowed:
        raise LimitExceeded(limit, allowed, actual)
