"""What one request may ask for at most, and how long it may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FloatValueNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    ValidationRule,
    get_operation_ast,
    parse,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import ValidationCache
from strawberry.types.graphql import OperationType

from app.domain.error_code import ErrorCode
from app.domain.rate import Rate
from app.settings import Settings
from schema.measure import MAX_NESTING, Measures, Meter, TooNested, fragments_of, rows_of
from schema.rates import INVALID, Points, points_of, rate_extension, take_rate

MAX_TOKENS = 2_000
MAX_DIGITS = 400
"""Of a number in a document: more than any double has, and fewer than Python takes time to read, or refuses to."""
CACHED = 128
"""Documents that are kept parsed."""
MAX_COMPARISONS = 50_000
"""What validation may spend on comparing fields of one name; the library's own ten times that take half a second."""

NOTHING = parse("{ __typename }")
"""Stands for a document that cannot be read and is refused."""
MAX_ERRORS = 5
"""How many faults of an invalid document are told; it may have one at each token."""


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


@lru_cache(maxsize=CACHED)
def parse_once(query: str, max_tokens: int) -> DocumentNode | None:
    """Return a document; None for one that nests too deeply to be read. Raises: GraphQLError."""
    try:
        return parse(query, max_tokens=max_tokens)
    except RecursionError:
        return None


class LimitsExtension(ValidationCache):
    """Parses and validates once, weighs pages by the request's variables, counts rates, and ends what takes too long.

    One extension for all of it, for each one costs a request a tenth of a small query's time.

    Args:
        rule: What `limits_rule` has made, once: the cache knows a validated document by it.
    """

    def __init__(self, limits: Limits, rule: type[ASTValidationRule]) -> None:
        super().__init__()
        self.limits = limits
        self.rule = rule
        self.is_too_nested = False
        self.cost: int | None = None
        self.rate: Rate | None = None

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        context.validation_rules = (self.rule, *context.validation_rules)
        yield

    def on_parse(self) -> Iterator[None]:
        """Find the document. One with a fault is left to the library, which parses it where it expects one."""
        context = self.execution_context
        with suppress(GraphQLError):
            document = parse_once(context.query or "", MAX_TOKENS)
            self.is_too_nested = document is None
            context.graphql_document = document or NOTHING
        yield

    async def on_validate(self) -> AsyncIterator[None]:  # type: ignore[override] # as every extension may
        context, schema = self.execution_context, self.execution_context.schema._schema
        document = context.graphql_document
        points: Points = INVALID
        context.pre_execution_errors = self._validate(document)
        if document is not None and not context.pre_execution_errors:
            self.cost = cost_of(schema, document, context.operation_name, _sizes_of(context.variables or {}))
            if self.cost > self.limits.cost:
                context.pre_execution_errors = [LimitExceeded("cost", self.limits.cost, self.cost)]
            else:
                points = points_of(schema, document, context.operation_name, self.cost)
        rate = await take_rate(context.context, points)
        if isinstance(rate, GraphQLError):
            context.pre_execution_errors = [rate]
        else:
            self.rate = rate
        yield

    def _validate(self, document: DocumentNode | None) -> list[GraphQLError]:
        if self.is_too_nested:
            return [LimitExceeded("nesting", MAX_NESTING, MAX_NESTING + 1)]
        context = self.execution_context
        errors: list[GraphQLError] = self.cached_validate_document(
            context.schema._schema, document, context.validation_rules
        )
        return errors[:MAX_ERRORS]

    async def on_execute(self) -> AsyncIterator[None]:
        """Give a query or a mutation its time. A subscription may last, and its events are short."""
        if self._is_subscription:
            yield
            return
        try:
            async with asyncio.timeout(self.limits.timeout_s):
                yield
        except TimeoutError as error:
            raise GraphQLError(
                f"The request took more than {self.limits.timeout_s:g} s.",
                extensions={"code": ErrorCode.TIMED_OUT, "limit": "seconds", "allowed": self.limits.timeout_s},
            ) from error

    def get_results(self) -> dict[str, object]:
        """Tell what the request was weighed at, and where its caller stands; subscriptions tell nothing."""
        if (self.cost is None and self.rate is None) or self._is_subscription:
            return {}
        results: dict[str, object] = {} if self.cost is None else {"cost": self.cost}
        return results if self.rate is None else {**results, "rateLimit": rate_extension(self.rate)}

    @property
    def _is_subscription(self) -> bool:
        return self.execution_context.operation_type is OperationType.SUBSCRIPTION


def limits_extension(limits: Limits) -> Callable[[], LimitsExtension]:
    """Return what makes the extension of each request; the rule is made here, once."""
    overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MAX_COMPARISONS
    rule = limits_rule(limits)
    return lambda: LimitsExtension(limits, rule)


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


def _sizes_of(variables: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
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
