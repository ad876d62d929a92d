"""Queries that were valid before, each with its plan: they are read without the library's executor.

A plan is made for a document and the values of what `@skip` and `@include` ask. Whatever it does not know, and
whatever fails, is left to the library, which executes the query from its beginning: it only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    get_operation_ast,
    visit,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.executor import Executor
from graphql.execution.values import get_variable_values

from schema.admission import Weight, weigh
from schema.leaf_plan import Plan, Planner
from schema.limits import sizes_of
from schema.readers import Later, variables_in

KEPT = 256
"""Queries that are known at once."""
MAX_PLANS = 16
"""Of one query; each switch doubles how many there can be."""
MAX_WEIGHTS = 64


@dataclass(frozen=True, slots=True)
class Planned:
    plan: Plan
    executor: Executor[Any]
    """Of the query, without a context; each request has a copy."""


@dataclass(slots=True)
class KnownQuery:
    """A valid document and its query.

    Attributes:
        switches: The variables that decide what is selected.
        plans: By the values of the switches; None where something is not planned.
        weights: By the sizes of pages among the variables.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    switches: tuple[str, ...]
    plans: dict[tuple[object, ...], Planned | None] = field(default_factory=dict)
    weights: dict[tuple[tuple[str, int], ...], Weight] = field(default_factory=dict)

    def weight(self, schema: GraphQLSchema, operation_name: str | None, variables: Mapping[str, object]) -> Weight:
        """Return what the query weighs; remembered here, for a document is looked up by the hash of all its parts."""
        sizes = sizes_of(variables)
        if sizes not in self.weights:
            if len(self.weights) >= MAX_WEIGHTS:
                self.weights.clear()
            self.weights[sizes] = weigh(schema, self.document, operation_name, variables)
        return self.weights[sizes]


class KnownQueries:
    """The newest valid queries of a schema, by text and name of the operation."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], KnownQuery] = {}

    def find(self, query: str | None, operation_name: str | None) -> KnownQuery | None:
        return self._known.get((query or "", operation_name))

    def learn(self, query: str, operation_name: str | None, document: DocumentNode) -> None:
        """Take up a document that was found to be valid, if it is a query."""
        operation = get_operation_ast(document, operation_name)
        if operation is None or operation.operation is not OperationType.QUERY:
            return
        if len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        switches = _Switches()
        visit(document, switches)
        self._known[query, operation_name] = KnownQuery(document, operation, tuple(sorted(switches.names)))


async def read_query(
    schema: GraphQLSchema,
    execution: type[Executor[Any]],
    known: KnownQuery,
    variables: Mapping[str, Any],
    context: object,
) -> dict[str, Any] | None:
    """Return the data of a query; None when it is for the library to say what comes of it."""
    values = get_variable_values(schema, known.operation.variable_definitions or (), dict(variables), max_errors=1)
    if isinstance(values, list):
        return None
    switches = tuple(values.coerced.get(name) for name in known.switches)
    if switches not in known.plans:
        if len(known.plans) >= MAX_PLANS:
            known.plans.clear()
        known.plans[switches] = _make_plan(schema, execution, known, variables)
    planned = known.plans[switches]
    if planned is None:
        return None
    executor = copy(planned.executor)
    executor.context_value, executor.variable_values = context, values
    try:
        rows = planned.plan.read(executor, [None], lambda: [None])  # type: ignore[list-item] # the root has no path
        if isinstance(rows, Later):
            rows = await rows.wait()
    except Exception:  # noqa: BLE001 - the library reads it again, and says what is wrong
        return None
    data: dict[str, Any] = rows[0]
    return data


def _make_plan(
    schema: GraphQLSchema, execution: type[Executor[Any]], known: KnownQuery, variables: Mapping[str, Any]
) -> Planned | None:
    name, root = known.operation.name, schema.query_type
    executor = execution.build(
        schema,
        known.document,
        operation_name=name.value if name else None,
        raw_variable_values=dict(variables),
    )
    if root is None or isinstance(executor, list):
        return None
    selected = collect_fields(schema, executor.fragments, executor.variable_values, root, known.operation)
    plan = Planner(executor, {}, may_wait=True).plan(root, selected.grouped_field_set)
    return None if plan.rest else Planned(plan, executor)


class _Switches(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        self.names |= variables_in(*node.arguments or ())
