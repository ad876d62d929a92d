"""The steps of a plan: reading an attribute or calling a resolver, and completing what it gives, column by column."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from typing import Any, TypeAlias

from graphql import GraphQLError, GraphQLObjectType, Node, VariableNode, Visitor, visit
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments

from schema.leaves import Leaf, Unplanned

Column: TypeAlias = Sequence[Any]
Paths: TypeAlias = Callable[[], Sequence[Path]]
"""Tells the paths of a column, which only resolvers ask for."""


@dataclass(frozen=True, slots=True)
class Later:
    """A column that must be waited for. Nothing begins before it is called, so one that is dropped leaves nothing."""

    wait: Callable[[], Awaitable[Column]]


Step: TypeAlias = Callable[[Executor[Any], Column, Paths], Column | Later]
"""Takes values and their paths; returns them completed, or a field of each. Raises: Unplanned, or any error."""
Arguments: TypeAlias = Callable[[Executor[Any]], Mapping[str, Any]]

DEFINITION = "strawberry-definition"


def then(column: Column | Later, finish: Callable[[Column], Column | Later]) -> Column | Later:
    """Return what `finish` makes of a column, at once or when it is there."""
    if not isinstance(column, Later):
        return finish(column)
    wait = column.wait

    async def wait_and_finish() -> Column:
        finished = finish(await wait())
        return await finished.wait() if isinstance(finished, Later) else finished

    return Later(wait_and_finish)


def all_there(columns: Sequence[Column | Later], finish: Callable[[Sequence[Column]], Column]) -> Column | Later:
    """Return what `finish` makes of several columns, at once or when all are there."""
    waiting = {place: column for place, column in enumerate(columns) if isinstance(column, Later)}
    if not waiting:
        return finish(columns)  # type: ignore[arg-type] # none is later

    async def wait() -> Column:
        # All begin before one is waited for, so loaders see what all of them ask for.
        arrived = dict(zip(waiting, await all_of([later.wait() for later in waiting.values()]), strict=True))
        return finish([arrived.get(place, column) for place, column in enumerate(columns)])

    return Later(wait)


def check_types(values: Iterable[object], *kinds: type) -> None:
    """Raises: Unplanned when a value is of another type, be it a subclass."""
    if not set(map(type, values)).issubset(kinds):
        raise Unplanned


def complete_leaf(leaf: Leaf) -> Step:
    kind, convert = leaf.kind, leaf.convert

    def complete(_executor: Executor[Any], values: Column, _paths: Paths) -> Column:
        check_types(values, kind)
        return list(map(convert, values)) if convert else values

    return complete


def or_null(complete: Step) -> Step:
    def complete_those_there(executor: Executor[Any], values: Column, paths: Paths) -> Column | Later:
        if type(None) not in set(map(type, values)):
            return complete(executor, values, paths)
        there = [place for place, value in enumerate(values) if value is not None]

        def spread(completed: Column) -> Column:
            answers: list[Any] = [None] * len(values)
            for place, answer in zip(there, completed, strict=True):
                answers[place] = answer
            return answers

        return then(
            complete(executor, [values[place] for place in there], lambda: list(map(paths().__getitem__, there))),
            spread,
        )

    return complete_those_there


def by_type(completions: Mapping[type, Step]) -> Step:
    """Return what completes each value as its type is completed. A type that is not among them is not planned."""

    def complete(executor: Executor[Any], values: Column, paths: Paths) -> Column | Later:
        places: dict[type, list[int]] = {}
        for place, value in enumerate(values):
            places.setdefault(type(value), []).append(place)
        if not places.keys() <= completions.keys():
            raise Unplanned

        def merge(columns: Sequence[Column]) -> Column:
            answers: list[Any] = [None] * len(values)
            for there, column in zip(places.values(), columns, strict=True):
                for place, answer in zip(there, column, strict=True):
                    answers[place] = answer
            return answers

        def complete_some(kind: type, there: Sequence[int]) -> Column | Later:
            some = [values[place] for place in there]
            return completions[kind](executor, some, lambda: list(map(paths().__getitem__, there)))

        return all_there([complete_some(kind, there) for kind, there in places.items()], merge)

    return complete


def each(complete: Step) -> Step:
    def complete_items(executor: Executor[Any], lists: Column, paths: Paths) -> Column | Later:
        check_types(lists, list, tuple)

        @cache
        def item_paths() -> Sequence[Path]:
            return [
                Path(path, index, None)
                for path, items in zip(paths(), lists, strict=True)
                for index in range(len(items))
            ]

        def part(completed: Column) -> Column:
            answers = iter(completed)
            return [list(islice(answers, len(items))) for items in lists]

        return then(complete(executor, list(chain.from_iterable(lists)), item_paths), part)

    return complete_items


def read_attribute(attribute: str, complete: Step) -> Step:
    get = attrgetter(attribute)
    return lambda executor, sources, paths: complete(executor, list(map(get, sources)), paths)


def call_resolver(
    executor: Executor[Any], parent: GraphQLObjectType, details: FieldDetailsList, complete: Step
) -> Step | None:
    """Return what calls a resolver that is a method, and waits for a coroutine; None for any other resolver."""
    field, nodes = parent.fields[details[0].node.name.value], [detail.node for detail in details]
    definition, info_class = field.extensions[DEFINITION], executor.schema.extensions[DEFINITION].config.info_class
    resolver = definition.base_resolver
    if resolver.parent_parameter or resolver.root_parameter or not resolver.self_parameter:
        return None
    arguments_of = _arguments(executor, parent, details)
    if arguments_of is None:
        return None
    info_name = resolver.info_parameter.name if resolver.info_parameter else None

    def call(executor: Executor[Any], sources: Column, paths: Paths) -> list[Any]:
        arguments = arguments_of(executor)
        if info_name is None:
            return [resolver(source, **arguments) for source in sources]
        infos = (
            info_class(_raw_info=executor.build_resolve_info(field, nodes, parent, path), _field=definition)
            for path in paths()
        )
        return [resolver(source, **arguments, **{info_name: info}) for source, info in zip(sources, infos, strict=True)]

    if not definition.is_async:
        return lambda executor, sources, paths: complete(executor, call(executor, sources, paths), paths)

    def call_later(executor: Executor[Any], sources: Column, paths: Paths) -> Column | Later:
        later = Later(lambda: all_of(call(executor, sources, paths)))
        return then(later, lambda values: complete(executor, values, paths))

    return call_later


async def all_of(waiting: Sequence[Awaitable[Any]]) -> list[Any]:
    """Wait for all, even when one fails, so that nothing goes on behind the answer. Raises: the first failure."""
    if len(waiting) == 1:
        return [await waiting[0]]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def _arguments(executor: Executor[Any], parent: GraphQLObjectType, details: FieldDetailsList) -> Arguments | None:
    """Return what tells the arguments of a field; they are converted once, unless a variable is among them."""
    field, node = parent.fields[details[0].node.name.value], details[0].node
    definition, schema = field.extensions[DEFINITION], executor.schema.extensions[DEFINITION]

    def convert(executor: Executor[Any]) -> Mapping[str, Any]:
        given = get_argument_values(field, node, executor.variable_values)
        registry = schema.schema_converter.scalar_registry
        return convert_arguments(given, definition.arguments, registry, schema.config, info=None)

    if variables_in(*node.arguments or ()):
        return convert
    try:
        constant = convert(executor)
    except GraphQLError:
        return None
    return lambda _executor: constant


def variables_in(*nodes: Node) -> frozenset[str]:
    """Return the names of the variables that parts of a document use."""
    found = _Variables()
    for node in nodes:
        visit(node, found)
    return frozenset(found.names)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)
