"""What a selection reads straight from its objects, without a look at the schema for each value.

The stock executor asks the schema, builds a path and an info, and tests for coroutines at each value of each row. A
plan asks once for a selection, and then reads attributes and calls plain resolvers, column after column. It knows
values of the expected Python types alone. Whatever else it meets (a null where none may be, an error, a subclass) it
leaves to the stock executor, which reads that field again: so answers and errors are the same, to the letter.
Resolvers may so be called twice; those of queries only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import Executor
from graphql.pyutils import Path
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.leaves import leaf_type
from schema.readers import (
    DEFINITION,
    Column,
    Later,
    Paths,
    Step,
    all_there,
    by_type,
    call_resolver,
    check_types,
    complete_leaf,
    each,
    or_null,
    read_attribute,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read straight of objects, and what is left to the stock executor."""

    selected: GroupedFieldSet
    steps: tuple[tuple[str, Step], ...]
    rest: frozenset[str]

    def read(self, executor: Executor[Any], sources: Column, paths: Paths) -> Column | Later:
        """Return objects of which everything is planned. Raises: Unplanned, or what a resolver raises."""
        if not self.steps:
            return [{} for _ in sources]
        names = [name for name, _ in self.steps]
        columns = [step(executor, sources, paths) for _, step in self.steps]
        return all_there(columns, partial(_rows, names))


def _rows(names: Sequence[str], columns: Sequence[Any]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


@dataclass(slots=True)
class Planner:
    """Makes the plans of one operation, each once.

    Args:
        plans: By the identity of the selection, which its plan keeps alive.
        may_wait: Whether resolvers that are coroutines are planned, too.
    """

    executor: Executor[Any]
    plans: dict[int, Plan]
    may_wait: bool = False

    def plan(self, parent: GraphQLObjectType, selected: GroupedFieldSet) -> Plan:
        known = self.plans.get(id(selected))
        if known is None:
            steps = {name: step for name in selected if (step := self._field(parent, name, selected[name]))}
            rest = frozenset(name for name in selected if name not in steps)
            known = self.plans[id(selected)] = Plan(selected, tuple(steps.items()), rest)
        return known

    def _field(self, parent: GraphQLObjectType, response_name: str, details: FieldDetailsList) -> Step | None:
        name = details[0].node.name.value
        if name == "__typename":
            return lambda _executor, sources, _paths: [parent.name] * len(sources)
        field = parent.fields.get(name)
        definition = field.extensions.get(DEFINITION) if field else None
        if field is None or not isinstance(definition, StrawberryField) or definition.extensions:
            return None
        if definition.is_async and not self.may_wait:
            return None
        complete = self._value(field.type, details)
        if complete is None:
            return None
        step = (
            read_attribute(definition.python_name, complete)
            if definition.base_resolver is None
            else call_resolver(self.executor, parent, details, complete)
        )
        if step is None or (
            isinstance(get_named_type(field.type), GraphQLLeafType) and definition.base_resolver is None
        ):
            return step
        return _below(response_name, parent.name, step)

    def _value(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Step | None:
        """Return what completes the values of a type, if it is one that a plan can know."""
        if isinstance(kind, GraphQLNonNull):
            return self._value_that_is_there(kind.of_type, details)
        complete = self._value_that_is_there(kind, details)
        return or_null(complete) if complete else None

    def _value_that_is_there(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Step | None:
        if isinstance(kind, GraphQLList):
            complete = self._value(kind.of_type, details)
            return each(complete) if complete else None
        if isinstance(kind, GraphQLLeafType):
            leaf = leaf_type(kind)
            return complete_leaf(leaf) if leaf else None
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, details)
        return self._abstract(kind, details) if self.may_wait and isinstance(kind, GraphQLInterfaceType) else None

    def _abstract(self, kind: GraphQLInterfaceType, details: FieldDetailsList) -> Step | None:
        completions: dict[type, Step] = {}
        for possible in self.executor.schema.get_possible_types(kind):
            complete, definition = self._object(possible, details), possible.extensions.get(DEFINITION)
            if complete is not None and definition is not None and definition.concrete_of is None:
                completions[definition.origin] = complete
        return by_type(completions) if completions else None

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Step | None:
        definition = kind.extensions.get(DEFINITION)
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of:
            return None
        plan = self.plan(kind, self.executor.collect_subfields(kind, details).grouped_field_set)
        if plan.rest:
            return None
        known = definition.concrete_of.origin if definition.concrete_of else definition.origin

        def complete(executor: Executor[Any], values: Column, paths: Paths) -> Column | Later:
            check_types(values, known)
            return plan.read(executor, values, paths)

        return complete


def _below(response_name: str, type_name: str, step: Step) -> Step:
    """Return a step whose paths are those of the field, made of those of its objects."""

    def step_below(executor: Executor[Any], sources: Column, paths: Paths) -> Column | Later:
        return step(executor, sources, cache(lambda: [Path(path, response_name, type_name) for path in paths()]))

    return step_below
