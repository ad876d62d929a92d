"""Documents drawn at random from a schema: fields, aliases, arguments, variables, fragments, @skip and @include."""

import re
from collections.abc import Mapping

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type
from hypothesis import strategies as st

VARIABLES = ({"yes": True, "no": False, "n": 2}, {"yes": False, "no": True, "n": 3})
"""What a document may be asked with."""
TYPES = {"yes": "Boolean!", "no": "Boolean!", "n": "Int"}
DIRECTIVES = ("", "", "", "", "@include(if: $yes)", "@include(if: $no)", "@skip(if: $no)", "@skip(if: $yes)")
MAX_DEPTH = 5

Arguments = Mapping[str, tuple[str, ...]]
"""What a field may be given, by its type and name: `Image.thumbnail` → ("(size: SMALL)", …)."""


@st.composite
def documents(draw: st.DrawFn, schema: GraphQLSchema, arguments: Arguments) -> str:
    """Draw a query. A field that has arguments is asked only as `arguments` says."""
    text = _selections(draw, schema, schema.query_type, arguments, MAX_DEPTH)
    # One that is declared and not used makes a document invalid.
    used = [f"${name}: {TYPES[name]}" for name in sorted(set(re.findall(r"\$(\w+)", text)))]
    return f"query ({', '.join(used)}) {text}" if used else f"query {text}"


def _selections(
    draw: st.DrawFn,
    schema: GraphQLSchema,
    parent: GraphQLObjectType | GraphQLInterfaceType,
    arguments: Arguments,
    depth: int,
) -> str:
    names = ["__typename", *(name for name in sorted(parent.fields) if _is_askable(parent, name, arguments, depth))]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5))
    parts = []
    for number, name in enumerate(chosen):
        text = name if name == "__typename" else _field(draw, schema, parent, name, arguments, depth)
        # An alias of its own keeps two arguments of one field from meeting.
        field = f"a{depth}{number}{name}: {text}" if "(" in text or draw(st.booleans()) else text
        name_only, brace, below = field.partition(" {")
        field = f"{name_only} {draw(st.sampled_from(DIRECTIVES))}{brace}{below}"
        parts.append(f"... on {parent.name} {{ {field} }}" if draw(st.integers(0, 5)) == 0 else field)
    if isinstance(parent, GraphQLInterfaceType):
        parts += [
            f"... on {kind.name} {_selections(draw, schema, kind, arguments, depth - 1)}"
            for kind in schema.get_possible_types(parent)
        ]
    return "{ " + " ".join(parts) + " }"


def _field(
    draw: st.DrawFn,
    schema: GraphQLSchema,
    parent: GraphQLObjectType | GraphQLInterfaceType,
    name: str,
    arguments: Arguments,
    depth: int,
) -> str:
    kind = get_named_type(parent.fields[name].type)
    text = name + draw(st.sampled_from(arguments.get(f"{parent.name}.{name}", ("",))))
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return text
    return f"{text} {_selections(draw, schema, kind, arguments, depth - 1)}"


def _is_askable(parent: GraphQLObjectType | GraphQLInterfaceType, name: str, arguments: Arguments, depth: int) -> bool:
    field = parent.fields[name]
    is_composite = isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType)
    return (not field.args or f"{parent.name}.{name}" in arguments) and not (is_composite and depth <= 1)
