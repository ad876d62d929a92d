"""The steps of a plan: reading an attribute or calling a resolver, and completing what it gives, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from typing import Any, TypeAlias

from graphql import GraphQLError, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments

from schema.leaves import Leaf, Unplanned

Column: TypeAlias = Sequence[Any]
Paths: TypeAlias = Callable[[], Sequence[Path]]
"""Tells the paths of a column, which only resolvers ask for."""
Step: TypeAlias = Callable[[Column, Paths], Column]
"""Takes values and their paths; returns them completed, or a field of each. Raises: Unplanned, or any error."""

DEFINITION = "strawberry-definition"


def check_types(values: Iterable[object], *kinds: type) -> None:
    """Raises: Unplanned when a value is of another type, be it a subclass."""
    if not set(map(type, values)).issubset(kinds):
        raise Unplanned


def complete_leaf(leaf: Leaf) -> Step:
    kind, convert = leaf.kind, leaf.convert

    def complete(values: Column, _paths: Paths) -> Column:
        check_types(values, kind)
        return list(map(convert, values)) if convert else values

    return complete


def or_null(complete: Step) -> Step:
    def complete_those_there(values: Column, paths: Paths) -> Column:
        if type(None) not in set(map(type, values)):
            return complete(values, paths)
        there = [place for place, value in enumerate(values) if value is not None]
        answers: list[Any] = [None] * len(values)
        completed = complete([values[place] for place in there], lambda: list(map(paths().__getitem__, there)))
        for place, answer in zip(there, completed, strict=True):
            answers[place] = answer
        return answers

    return complete_those_there


def each(complete: Step) -> Step:
    def complete_items(lists: Column, paths: Paths) -> Column:
        check_types(lists, list, tuple)

        @cache
        def item_paths() -> Sequence[Path]:
            return [
                Path(path, index, None)
                for path, items in zip(paths(), lists, strict=True)
                for index in range(len(items))
            ]

        answers = iter(complete(list(chain.from_iterable(lists)), item_paths))
        return [list(islice(answers, len(items))) for items in lists]

    return complete_items


def read_attribute(attribute: str, complete: Step) -> Step:
    get = attrgetter(attribute)
    return lambda sources, paths: complete(list(map(get, sources)), paths)


def call_resolver(
    executor: Executor[Any], parent: GraphQLObjectType, details: FieldDetailsList, complete: Step
) -> Step | None:
    """Return what calls a resolver that is a method without a coroutine; None for any other.

    Its arguments are converted once for all objects.
    """
    field, nodes = parent.fields[details[0].node.name.value], [detail.node for detail in details]
    definition, schema = field.extensions[DEFINITION], executor.schema.extensions[DEFINITION]
    resolver, make_info = definition.base_resolver, schema.config.info_class
    if resolver.parent_parameter or resolver.root_parameter or not resolver.self_parameter:
        return None
    try:
        given = get_argument_values(field, nodes[0], executor.variable_values)
    except GraphQLError:
        return None
    arguments = convert_arguments(
        given, definition.arguments, schema.schema_converter.scalar_registry, schema.config, info=None
    )
    if resolver.info_parameter is None:
        return lambda sources, paths: complete([resolver(source, **arguments) for source in sources], paths)
    name = resolver.info_parameter.name

    def call(source: object, path: Path) -> Any:
        info = make_info(_raw_info=executor.build_resolve_info(field, nodes, parent, path), _field=definition)
        return resolver(source, **arguments, **{name: info})

    return lambda sources, paths: complete(list(map(call, sources, paths())), paths)
