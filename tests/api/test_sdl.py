"""The schema as it is committed, and as clients were promised it."""

from pathlib import Path

from graphql import GraphQLNamedType, build_schema, is_input_object_type, is_introspection_type, is_object_type

from schema.build import build_schema as build_ours
from schema.build import print_sdl

SDL = Path(__file__).parent.parent.parent / "schema" / "schema.graphql"


def test_is_the_committed_one() -> None:
    assert print_sdl() == SDL.read_text(encoding="utf-8"), "run `gf-images schema > schema/schema.graphql`"


def test_describes_each_type_and_field() -> None:
    types = build_schema(build_ours().as_str()).type_map.values()

    undescribed = [name for named in types if not is_introspection_type(named) for name in _undescribed(named)]

    assert undescribed == []


def _undescribed(named: GraphQLNamedType) -> list[str]:
    built_in = named.name in {"String", "Int", "Float", "Boolean", "ID"}
    names = [] if named.description or built_in else [named.name]
    if is_object_type(named) or is_input_object_type(named):
        names += [f"{named.name}.{name}" for name, field in named.fields.items() if not field.description]
    return names
