"""The limits as an extension of the library: for what is executed there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import lru_cache

from graphql import ASTValidationRule, DocumentNode, GraphQLError, parse
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.extensions import ValidationCache
from strawberry.types.graphql import OperationType

from schema.admission import Admission, admit, admit_nothing, telling_of_time, weigh
from schema.limits import MAX_TOKENS, LimitExceeded, Limits, limits_rule
from schema.measure import MAX_NESTING

CACHED = 128
"""Documents that are kept parsed."""
MAX_COMPARISONS = 50_000
"""What validation may spend on comparing fields of one name; the library's own ten times that take half a second."""

NOTHING = parse("{ __typename }")
"""Stands for a document that cannot be read and is refused."""
MAX_ERRORS = 5
"""How many faults of an invalid document are told; it may have one at each token."""


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
        self.admission = Admission(None)

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
        context.pre_execution_errors = self._validate(document)
        if document is None or context.pre_execution_errors:
            self.admission = await admit_nothing(context.context)
        else:
            weight = weigh(schema, document, context.operation_name, context.variables or {})
            self.admission = await admit(self.limits, weight, context.context)
        if self.admission.refusal is not None:
            context.pre_execution_errors = [self.admission.refusal]
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
        with telling_of_time(self.limits):
            async with asyncio.timeout(self.limits.timeout_s):
                yield

    def get_results(self) -> dict[str, object]:
        """Tell what the request was weighed at, and where its caller stands; subscriptions tell nothing."""
        told = self.admission.extensions
        return told if told and not self._is_subscription else {}

    @property
    def _is_subscription(self) -> bool:
        return self.execution_context.operation_type is OperationType.SUBSCRIPTION


def limits_extension(limits: Limits) -> Callable[[], LimitsExtension]:
    """Return what makes the extension of each request; the rule is made here, once."""
    overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MAX_COMPARISONS
    rule = limits_rule(limits)
    return lambda: LimitsExtension(limits, rule)
