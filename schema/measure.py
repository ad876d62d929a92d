"""How much an operation asks for, counted in one pass over its document before anything runs.

Each fragment is counted once and its figures are used wherever it is spread, so a document whose fragments double at
each of forty levels takes as long as it is. Costs are the number of values that an answer can have at most:

- a field costs 1, and what is selected of its object is added;
- what is selected below a list is multiplied by its length: what `first`, `last` or `ids` say, by number or variable;
  the length that the schema declares (`LIST_SIZE`); else the default size of a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
)

from app.domain.page import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from app.graphql_settings import MAX_GRAPHQL_DEPTH

LIST_SIZE = "list_size"
"""The key of a field's metadata under which it declares how long its list is."""
MAX_NESTING = MAX_GRAPHQL_DEPTH
"""How far selections, inline fragments and spreads may nest; a level takes three frames of the interpreter's stack."""
_SIZING_ARGUMENTS = ("first", "last", "ids")

Parent: TypeAlias = GraphQLObjectType | GraphQLInterfaceType | None
"""What fields are selected of; None where the schema does not say, as in introspection."""


class TooNested(Exception):
    """The document nests further than `MAX_NESTING`."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a set of selections asks for; all but the depth counts at each place where a fragment is spread."""

    depth: int = 0
    fields: int = 0
    """At this level alone."""
    aliases: int = 0
    directives: int = 0
    duplicates: int = 0
    """Fields that are written again beside themselves."""
    cost: int = 0
    row_cost: int = 0
    """What each row of the page costs; the connection's field knows how many there are."""

    def __add__(self, other: Measures) -> Measures:
        return Measures(
            depth=max(self.depth, other.depth),
            fields=self.fields + other.fields,
            aliases=self.aliases + other.aliases,
            directives=self.directives + other.directives,
            duplicates=self.duplicates + other.duplicates,
            cost=self.cost + other.cost,
            row_cost=self.row_cost + other.row_cost,
        )


@dataclass(slots=True)
class Meter:
    """Measures the operations of one document.

    Args:
        sizes: How many rows each variable asks for, where it is known.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    sizes: Mapping[str, int] = field(default_factory=dict)
    _known: dict[str, Measures] = field(default_factory=dict)
    _nesting: int = 0

    def measure(self, operation: OperationDefinitionNode) -> Measures:
        """Return what an operation asks for. Raises: TooNested."""
        directives = len(operation.directives or ())
        directives += sum(len(variable.directives or ()) for variable in operation.variable_definitions or ())
        root = self.schema.get_root_type(operation.operation)
        return Measures(directives=directives) + self._selections(operation.selection_set, root)

    def _selections(self, selections: SelectionSetNode, parent: Parent) -> Measures:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise TooNested
        total = Measures(duplicates=_duplicates(selections))
        for selection in selections.selections:
            total += Measures(directives=len(selection.directives or ()))
            total += self._selection(selection, parent)
        self._nesting -= 1
        return total

    def _selection(self, selection: SelectionNode, parent: Parent) -> Measures:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return self._selections(selection.selection_set, self._type(condition.name.value) if condition else parent)
        return Measures()

    def _fragment(self, name: str) -> Measures:
        """Count a fragment once. What is missing or spreads itself is left to validation, and counts nothing."""
        if name not in self._known:
            self._known[name] = Measures()
            fragment = self.fragments.get(name)
            if fragment:
                own = Measures(directives=len(fragment.directives or ()))
                parent = self._type(fragment.type_condition.name.value)
                self._known[name] = own + self._selections(fragment.selection_set, parent)
        return self._known[name]

    def _field(self, node: FieldNode, parent: Parent) -> Measures:
        definition = parent.fields.get(node.name.value) if parent else None
        below = Measures()
        if node.selection_set:
            below = self._selections(node.selection_set, _object_type(definition))
        cost, row_cost = self._costs(node, parent, below)
        return Measures(
            depth=below.depth + 1,
            fields=1,
            aliases=below.aliases + (node.alias is not None),
            directives=below.directives,
            duplicates=below.duplicates,
            cost=cost,
            row_cost=row_cost,
        )

    def _costs(self, node: FieldNode, parent: Parent, below: Measures) -> tuple[int, int]:
        """Return what a field costs once, and what it costs for each row of the connection that it is in."""
        definition = parent.fields.get(node.name.value) if parent else None
        if parent is None or definition is None:
            return 1 + below.cost + below.row_cost, 0
        is_list = is_list_type(get_nullable_type(definition.type))
        if is_list and "pageInfo" in parent.fields:
            return 1, below.cost + below.row_cost
        size = self._size(node, definition)
        return 1 + below.cost * (size if is_list else 1) + below.row_cost * size, 0

    def _size(self, node: FieldNode, definition: GraphQLField) -> int:
        """Return how many rows a field has at most, in its list or its connection."""
        strawberry_field = definition.extensions.get("strawberry-definition")
        declared = strawberry_field.metadata.get(LIST_SIZE) if strawberry_field else None
        if isinstance(declared, int):
            return declared
        asked = [
            self._rows(argument.value) for argument in node.arguments or () if argument.name.value in _SIZING_ARGUMENTS
        ]
        return max((rows for rows in asked if rows is not None), default=DEFAULT_PAGE_SIZE)

    def _rows(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            return self.sizes.get(value.name.value)
        return rows_of(value)

    def _type(self, name: str) -> Parent:
        found = self.schema.get_type(name)
        return _with_fields(found)


def _duplicates(selections: SelectionSetNode) -> int:
    """Return how many fields of one set of braces are there already, by the names that they are answered under."""
    names = [
        (selection.alias or selection.name).value
        for selection in selections.selections
        if isinstance(selection, FieldNode)
    ]
    return len(names) - len(set(names))


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return the fragments of a document by their names."""
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def rows_of(value: object) -> int | None:
    """Return how many rows a literal or the value of a variable asks for; None when it asks for none.

    What no list allows is refused where the list is made, so it counts as a whole page here.
    """
    if isinstance(value, IntValueNode):
        return _in_bounds(int(value.value)) if len(value.value) <= 9 else MAX_PAGE_SIZE
    if isinstance(value, ListValueNode):
        return _in_bounds(len(value.values))
    if isinstance(value, list):
        return _in_bounds(len(value))
    return _in_bounds(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _in_bounds(rows: int) -> int:
    return max(1, min(rows, MAX_PAGE_SIZE))


def _object_type(definition: GraphQLField | None) -> Parent:
    return _with_fields(get_named_type(definition.type)) if definition else None


def _with_fields(named: GraphQLNamedType | None) -> Parent:
    """Return a type whose lists are weighed. Introspection's are not: they are as long as the schema is large."""
    if named is None or is_introspection_type(named):
        return None
    return named if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) else None
